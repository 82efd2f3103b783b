// Steps of some rows behind any_optimizer. What they can meet, and the case in which they do:
//
// threads, formats, inputs, resume, row counts | bits
// several tensors, lists of gradients          | parts
// rules, rows and sizes that do not fit        | E50, refused
// zero_grad, rows named twice                  | sums
// guards                                       | skip
#include <furl/blocks/blocks.hpp>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adamw.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

using values = std::vector<float>;
using tables = std::vector<values>;

values draw(std::size_t n, unsigned seed) { return normal_values<float>(n, seed); }

void says(const std::string& message, std::string_view words) {
    CAPTURE(message);
    CHECK(message.find(words) != std::string::npos);
}

/// Counts of each row and of the tensor, a state of each row, an input.
struct of_rows {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto m = ema<"m">(grad * input<"h">, 0.5);
    static constexpr auto size = ema<"size">(per_row(mean(square(grad))), 0.75);
    static constexpr auto ticks = accumulate<"ticks">(furl::step);
    static constexpr auto update = steps_per_row(with(param - lr * bias_corrected(m) / (sqrt(bias_corrected(size)) + 0.25), ticks));
};

using in_half = storage<state_as<"m", bfloat16>, state_as<"v", bfloat16>>;

struct of_tensor {
    static constexpr auto update = param - grad / norm(grad);
};
struct of_columns {
    static constexpr auto update = param - grad / per_column(norm(grad));
};
struct clipped {
    static constexpr auto norm_of_all = let<"norm">(global(norm(grad)));
    static constexpr auto update = param - grad / max(1.0, norm_of_all);
};
struct starting {
    static constexpr auto start = state<"start">(param, [](auto old) { return old; });
    static constexpr auto update = with(param - grad, start);
};
struct never_twice {
    static constexpr auto update = skip_unless(furl::step < 2, param - grad);
};
struct zeroing {
    static constexpr auto update = zero_grad(param - hyper<"lr">(1) * grad);
};
/// The step count of the optimizer, and that of the tensor.
struct counting {
    static constexpr auto lr = hyper<"lr">(1);
    static constexpr auto count_of_tensor = state<"n">(0.0, [](auto old) { return select(first_step, 1, old + 1); });
    static constexpr auto update = param - lr * (furl::step + 16 * count_of_tensor) * grad;
};

const std::vector<std::vector<int>> batches{{3, 0, 17}, {19}, {}, {5, 4, 3, 2, 1, 0}, {7, 8, 9, 10}, {17, 3}};

}  // namespace

TEST_CASE("behind any_optimizer step_rows gives the bits of the optimizer that it holds, with threads, formats, inputs and a resume") {
    const scratch dir;
    thread_pool pool(3);
    const auto check = [&]<class Optimizer>(Optimizer typed, bool has_input) {
        any_optimizer<float> erased = typed, resumed = typed;
        auto w = draw(120, 1), x = w, y = w;
        unsigned t = 0;
        for (const auto& named : batches) {
            const auto g = draw(named.size() * 6, 10 + t), h = draw(named.size() * 6, 20 + t);
            bool done;
            if constexpr (std::is_same_v<typename Optimizer::rule, of_rows>) {
                done = typed.step_rows(named, w, g, input<"h"> = h);
                CHECK(erased.step_rows(pool, named, x, g, {{"h", h}}) == done);
            } else {
                done = typed.step_rows(named, w, g);
                CHECK((t % 2 ? erased.step_rows(pool, named, x, g) : erased.step_rows(0, named, x, g) && done) == done);
            }
            CHECK(done == !named.empty());
            CHECK(w == x);
            CHECK(erased.step_count() == typed.step_count());
            if (t == 3) {
                save_checkpoint(dir / "rows", erased);
                CHECK(load_checkpoint(dir / "rows", resumed));
                y = x;
            }
            ++t;
        }
        for (const unsigned k : {4u, 5u}) {
            const auto g = draw(batches[k].size() * 6, 10 + k), h = draw(batches[k].size() * 6, 20 + k);
            CHECK((has_input ? resumed.step_rows(batches[k], y, g, {{"h", h}}) : resumed.step_rows(batches[k], y, g)));
        }
        CHECK(y == x);
        for (auto state : typed.states()) {
            CHECK(erased.read_state(state) == typed.read_state(state));
            CHECK(resumed.read_state(state) == typed.read_state(state));
        }
        // A dense step follows.
        const auto all = draw(120, 92);
        if (has_input) CHECK(erased.step(x, all, {{"h", all}}));
        else CHECK(erased.step(x, all));
        if constexpr (std::is_same_v<typename Optimizer::rule, of_rows>) CHECK(typed.step(w, all, input<"h"> = all));
        else CHECK(typed.step(w, all));
        CHECK(w == x);
    };
    check(optimizer<zoo::adamw, float, in_half>(shape{20, 6}), false);
    check(optimizer<of_rows>(shape{20, 6}), true);
    const auto counts = [] {
        any_optimizer<float> opt = optimizer<of_rows>(shape{3, 1});
        values w(3), one{1};
        opt.step_rows(std::array{1}, w, one, {{"h", one}});
        opt.step_rows(std::array{2}, w, one, {{"h", one}});
        opt.step_rows(std::array{1}, w, one, {{"h", one}});
        return opt.read_state("row_steps");
    }();
    CHECK(counts == values{0, 2, 1});
}

TEST_CASE("parts: of several tensors some step by rows, one at a time or in a list of gradients") {
    const std::array<shape, 3> shapes{shape{4, 2}, shape{30, 3}, shape{1, 5}};
    optimizer<counting> typed(shapes);
    any_optimizer<float> parts = typed, lists = typed;
    tables w{values(8, 100), values(90, 100), values(5, 100)}, x = w, y = w, z = w;
    const std::vector<std::array<std::vector<int>, 2>> steps{{{{3, 1}, {29, 0, 7}}}, {{{}, {7}}}, {{{0, 1, 2, 3}, {5, 4}}}};
    int t = 0;
    std::array<int, 3> counts{};
    thread_pool pool(2);
    for (const auto& named : steps) {
        ++t;
        std::array<values, 2> g;
        for (std::size_t i = 0; i < 2; ++i) {
            if (!named[i].empty()) ++counts[i];
            for (int r : named[i])
                for (std::size_t j = 0; j < shapes[i].columns; ++j) {
                    g[i].push_back(static_cast<float>(r % 3) + 1);
                    z[i][static_cast<std::size_t>(r) * shapes[i].columns + j] -= static_cast<float>(t + 16 * counts[i]) * g[i].back();
                }
        }
        const values dense(5, 2);
        ++counts[2];
        for (auto& v : z[2]) v -= static_cast<float>(t + 16 * counts[2]) * 2;
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(typed.step_rows(i, named[i], w[i], g[i]));
            CHECK(parts.step_rows(pool, i, named[i], x[i], g[i]));
            CHECK(parts.step_is_open());
        }
        CHECK(typed.step_tensor(2, w[2], dense));
        CHECK(parts.step_tensor(2, x[2], dense));
        if (t == 2) CHECK(lists.step(pool, {y[0], y[1], y[2]}, {row_gradients(named[0], g[0]), row_gradients(named[1], g[1]), dense}));
        else CHECK(lists.step({y[0], y[1], y[2]}, {row_gradients(named[0], g[0]), row_gradients(named[1], g[1]), dense}));
        CHECK(w == z);
        CHECK(x == z);
        CHECK(y == z);
        CHECK(parts.step_count() == t);
        CHECK(lists.step_count() == t);
        CHECK(lists.scalar_state("n", 0) == counts[0]);
    }
    // In a step with gradients of rows alone a tensor without a gradient stays as it is; with no row at all there is no step.
    const std::vector<std::span<float>> all{y[0], y[1], y[2]};
    const values ones(3, 1);
    std::vector<gradient_data<float>> given{{}, row_gradients(std::vector{11}, ones), {}};
    CHECK(lists.step_named(all, given));
    CHECK(y[0] == z[0]);
    CHECK(y[2] == z[2]);
    CHECK(y[1][33] == z[1][33] - (4 + 16 * 4));
    CHECK(lists.scalar_state("n", 2) == 3);
    given[1] = row_gradients(std::vector<int>(), values());
    CHECK_FALSE(lists.step_named(all, given));
    CHECK(lists.step_count() == 4);
}

TEST_CASE("E50: a rule that cannot step rows alone is refused at run time, with its name and the reason, and nothing is written") {
    const values g(4, 1);
    const auto check = [&](any_optimizer<float> opt, const std::string& name, const char* reason) {
        values w(12, 1);
        const auto expected = "furl: rule '" + name + "' has " + reason +
                              ", so rows cannot step alone; write per_row(...) for reductions, and furl::steps_per_row(update) for states that "
                              "start with each row. See docs/errors.md#E50";
        CHECK(opt.info().joins_rows == reason);
        CHECK(message_of([&] { opt.step_rows(std::vector{1, 2}, w, g); }) == expected);
        CHECK(message_of([&] { opt.step_rows(0, std::vector{1, 2}, w, g); }) == expected);
        CHECK(message_of([&] { opt.step_rows(sum_duplicates, std::vector{1, 1}, w, g); }) == expected);
        CHECK(message_of([&] { opt.step({w}, {row_gradients(std::vector{1, 2}, g)}); }) == expected);
        CHECK(w == values(12, 1));
        CHECK(opt.step_count() == 0);
        CHECK_FALSE(opt.step_is_open());
        CHECK(opt.step(w, values(12, 1)));
    };
    check(optimizer<of_columns>(shape{6, 2}), "of_columns", "a reduction over columns");
    check(optimizer<of_tensor>(shape{6, 2}), "of_tensor", "a reduction over the tensor");
    check(optimizer<clipped>(shape{6, 2}), "clipped", "a reduction over all tensors");
    check(optimizer<starting>(shape{6, 2}), "starting", "a state that starts in the first step of the tensor");
    CHECK(describe<zoo::adamw>().joins_rows.empty());
    CHECK(describe<of_rows>().joins_rows.empty());
}

TEST_CASE("refused: rows and sizes that do not fit are refused before anything is written") {
    any_optimizer<float> opt = optimizer<zoo::adamw>(shape{20, 3}), two = optimizer<zoo::adamw>({shape{20, 3}, shape{1, 5}});
    const auto before = draw(60, 1), g = draw(6, 2);
    auto w = before;
    values b(5, 1);
    const auto refused = [&](auto call, const char* words) {
        says(message_of(call), words);
        CHECK(w == before);
        CHECK(b == values(5, 1));
        CHECK(opt.step_count() == 0);
        CHECK(two.step_count() == 0);
        CHECK_FALSE(two.step_is_open());
        CHECK(opt.read_state("m") == values(60));
    };
    refused([&] { opt.step_rows(std::vector{1, 20}, w, g); }, "furl: index 20, at place 1, is no row of the table, which has 20");
    refused([&] { opt.step_rows(std::vector{-1, 2}, w, g); }, "furl: index -1, at place 0, is no row of the table");
    refused([&] { opt.step_rows(std::vector<std::uint64_t>{1, ~std::uint64_t{0}}, w, g); }, "furl: index 18446744073709551615, at place 1");
    refused([&] { opt.step_rows(std::vector{4, 4}, w, g); }, "furl: row 4 is named twice, at places 0 and 1");
    refused([&] { opt.step_rows(std::vector{1}, w, g); }, "furl: tensor 0: gradients have 6 elements, expected 3: a row for each index");
    refused([&] { opt.step_rows(sum_duplicates, std::vector{1}, w, g); }, "furl: tensor 0: gradients have 6 elements, expected 3: a row for each index");
    refused([&] { opt.step_rows(std::vector{1, 2}, std::span(w).first(6), g); }, "furl: tensor 0: parameters have 6 elements, expected 60 as at construction");
    refused([&] { opt.step_rows(std::vector{1, 2}, w, std::span(w).first(6)); }, "overlap");
    refused([&] { opt.step_rows(sum_duplicates, std::vector{1, 1}, w, std::span(w).first(6)); }, "furl: gradients of tensor 0 overlap parameters of tensor 0");
    refused([&] { opt.step_rows(std::vector{1, 2}, w, g, {{"h", g}}); }, "furl: no input 'h'");
    refused([&] { opt.step_rows(1, std::vector{1, 2}, w, g); }, "furl: no tensor 1; the optimizer has 1");
    refused([&] { two.step_rows(std::vector{1, 2}, w, g); }, "furl: the optimizer has 2 tensors; say which: step_rows(tensor, indices, ...)");
    refused([&] { two.step({w, b}, {row_gradients(std::vector{1, 20}, g), b}); }, "furl: index 20, at place 1, is no row of the table, which has 20");
    refused([&] { two.step({w, b}, {row_gradients(std::vector{1, 2, 3}, g), values(5)}); }, "furl: tensor 0: gradients have 6 elements, expected 9: a row for each index");
    refused([&] { two.step({w, b}, {row_gradients(std::vector{1, 2}, g), values(4)}); }, "furl: tensor 1: gradients have 4 elements, expected 5 as at construction");
    refused([&] { two.step({w, b}, {row_gradients(std::vector{1, 2}, g), row_gradients(std::vector{1}, values(5))}); }, "furl: index 1, at place 0, is no row of the table, which has 1");
    refused([&] { two.step({w, b}, {row_gradients(std::vector{1, 2}, g)}); }, "furl: 1 tensors of gradients, expected 2");
    refused([&] { two.step({w}, {row_gradients(std::vector{1, 2}, g), values(5), row_gradients(std::vector{1, 2}, g)}); }, "furl: 1 tensors of parameters, expected 2");
    any_optimizer<float> in_blocks = optimizer<zoo::adamw, float, storage<state_as<"m", block8>, state_as<"v", block8_positive>>>(shape{20, 3});
    refused([&] { in_blocks.step_rows(std::vector{1, 2}, w, g); }, "furl: rows have 3 elements, and a state is stored in blocks of 256");
    refused([&] { in_blocks.step({w}, {row_gradients(std::vector{1, 2}, g)}); }, "furl: rows have 3 elements, and a state is stored in blocks of 256");
    any_optimizer<float> input_rule = optimizer<of_rows>(shape{20, 3});
    refused([&] { input_rule.step({w}, {row_gradients(sum_duplicates, std::vector{1, 1}, g)}, {{"h", g}}); }, "rule 'of_rows' has an input, and sum_duplicates adds up only gradients");
    CHECK(opt.step_rows(std::vector{1, 2}, w, g));
    CHECK(w != before);
}

TEST_CASE("sums: gradients of rows that are named twice are added up, and a rule with zero_grad zeroes those that were given") {
    any_optimizer<float> opt = optimizer<zeroing>(shape{5, 3});
    values b(15, 8.0f), g{1, 2, 3, 4, 5, 6, 7, 8, 9};
    const values kept = g, expected{8, 8, 8, 4, 3, 2, 8, 8, 8, 8, 8, 8, 0, -2, -4};
    says(message_of([&] { opt.step_rows(sum_duplicates, std::vector{4, 1, 4}, b, kept); }), "the gradients are const");
    CHECK(b == values(15, 8));
    CHECK(opt.step_rows(sum_duplicates, std::vector{4, 1, 4}, b, g));
    CHECK(b == expected);
    CHECK(g == values(9));
    values c(15, 8.0f), h = kept;
    CHECK(opt.step({c}, {row_gradients(sum_duplicates, std::vector{4, 1, 4}, h)}));
    CHECK(c == expected);
    CHECK(h == values(9));
    grouped_optimizer<float> groups;
    groups.add<zeroing>({shape{5, 3}, shape{1, 2}}, {.settings = {{"lr", 1}}, .lr_scale = {1, 2}});
    values d(15, 8.0f), e(2, 8), of_e(2, 1);
    h = kept;
    says(message_of([&] { groups.step({d, e}, {row_gradients(sum_duplicates, std::vector{4, 1, 4}, kept), of_e}); }), "E39");
    CHECK(groups.step({d, e}, {row_gradients(sum_duplicates, std::vector{4, 1, 4}, h), of_e}));
    CHECK(d == expected);
    CHECK(e == values(2, 6));
    CHECK(h == values(9));
    CHECK(of_e == values(2));
}

TEST_CASE("skip: a guard that skips a step leaves rows and counts as they are, also those of other groups") {
    any_optimizer<float> opt = optimizer<never_twice>(shape{4, 2});
    values w(8, 8), g(2, 1);
    CHECK(opt.step_rows(std::vector{3}, w, g));
    CHECK_FALSE(opt.step_rows(std::vector{2}, w, g));
    CHECK(opt.step_count() == 1);
    CHECK(w == values{8, 8, 8, 8, 8, 8, 7, 7});
    grouped_optimizer<float> groups;
    groups.add<zeroing>({shape{4, 2}});
    groups.add<never_twice>({2});
    values table(8, 8), b(2, 8), of_row = g;
    CHECK(groups.step({table, b}, {row_gradients(std::vector{1}, of_row), g}));
    CHECK(of_row == values(2));
    of_row = g;
    CHECK_FALSE(groups.step({table, b}, {row_gradients(std::vector{0}, of_row), g}));
    CHECK(of_row == g);
    CHECK(table == values{8, 8, 7, 7, 8, 8, 8, 8});
    CHECK(b == values(2, 7));
    CHECK(groups[0].step_count() == 1);
}
