// Gradients of some rows in the list of gradients of a grouped_optimizer.
#include <furl/blocks/blocks.hpp>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <support/compare.hpp>
#include <support/eigen_like.hpp>
#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>

using namespace furl;
using namespace furl::tests;

namespace {

using values = std::vector<float>;
using tables = std::vector<values>;

/// Adam as in PyTorch's SparseAdam, with a count of its own for each row.
struct lazy_adam {
    static constexpr auto lr = hyper<"lr">(0.125);
    static constexpr auto m = ema<"m">(grad, 0.75);
    static constexpr auto v = ema<"v">(square(grad), 0.875);
    static constexpr auto update = steps_per_row(param - lr * bias_corrected(m) / (sqrt(bias_corrected(v)) + 1e-8));
};
using in_half = storage<state_as<"m", bfloat16>>;

struct centered_rows {
    static constexpr auto update = param - hyper<"lr">(0.5) * (grad - per_row(mean(grad)));
};

struct clipped {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto norm_of_all = let<"norm">(global(norm(grad)));
    static constexpr auto update = param - lr * grad / max(1.0, norm_of_all);
};

void says(const std::string& message, std::string_view words) {
    CAPTURE(message);
    CHECK(message.find(words) != std::string::npos);
}

// What lazy_adam does for one element, in double.
struct element {
    double m = 0, v = 0;
    double step(double w, double g, double lr, int count) {
        m += 0.25 * (g - m);
        v += 0.125 * (g * g - v);
        return w - lr * (m / (1 - std::pow(0.75, count))) / (std::sqrt(v / (1 - std::pow(0.875, count))) + 1e-8);
    }
};

}  // namespace

TEST_CASE("groups step tables by rows and other tensors densely, in one step: bits of single optimizers, values of a double loop") {
    const scratch dir;
    thread_pool pool(2);
    const shape words{50, 3}, places{8, 2};
    const auto make = [&] {
        grouped_optimizer<float> groups;
        groups.add<lazy_adam>({words, places}, {.lr_scale = {1, 2}, .tensors = {0, 2}});
        groups.add<clipped>({4, 2}, {.tensors = {1, 3}});
        return groups;
    };
    auto groups = make(), resumed = make(), copy = groups;
    // By name, in another order, with a narrow state; it is stepped for its text of errors and its threads only.
    optimizer<lazy_adam> of_words(words), of_places(places);
    of_places[lazy_adam::lr] = 0.25;
    optimizer<clipped> dense({4, 2});
    tables w{values(150, 1), values(4, 1), values(16, 1), values(2, 1)}, x = w, y, z;
    std::vector<element> elements(150);
    std::vector<double> expected(150, 1.0);
    std::array<int, 50> counts{};
    const std::vector<std::vector<int>> of_step{{17, 3, 49}, {3}, {}, {0, 17, 1, 2, 3}, {48, 17}};
    const std::vector<std::vector<long>> places_of_step{{7, 1}, {}, {0}, {1, 0}, {2, 3}};
    for (unsigned t = 0; t < of_step.size(); ++t) {
        const auto& named = of_step[t];
        const auto& named_places = places_of_step[t];
        const auto g = normal_values<float>(named.size() * 3, 10 + t), h = normal_values<float>(named_places.size() * 2, 20 + t),
                   a = normal_values<float>(4, 30 + t), b = normal_values<float>(2, 40 + t);
        if (t == 2) {
            copy = groups;
            save_checkpoint(dir / "groups", groups);
            CHECK(load_checkpoint(dir / "groups", resumed));
            y = z = x;
        }
        const auto step_all = [&](grouped_optimizer<float>& opt, tables& p) {
            return opt.step({p[0], p[1], p[2], p[3]}, {row_gradients(named, g), a, row_gradients(named_places, h), b});
        };
        if (t == 3) CHECK(groups.step(pool, {x[0], x[1], x[2], x[3]}, {row_gradients(named, g), a, row_gradients(named_places, h), b}));
        else CHECK(step_all(groups, x));
        if (t >= 2) {
            CHECK(step_all(copy, y));
            CHECK(step_all(resumed, z));
        }
        of_words.step_rows(named, w[0], g);
        of_places.step_rows(named_places, w[2], h);
        dense.step({w[1], w[3]}, {a, b});
        CHECK(x == w);
        if (t >= 2) {
            CHECK(y == w);
            CHECK(z == w);
        }
        CHECK(groups[1].value("norm") == dense.value("norm"));  // of the dense group alone
        for (std::size_t k = 0; k < named.size(); ++k) {
            const auto row = static_cast<std::size_t>(named[k]);
            ++counts[row];
            for (std::size_t j = 0; j < 3; ++j)
                expected[row * 3 + j] = elements[row * 3 + j].step(expected[row * 3 + j], g[k * 3 + j], 0.125, counts[row]);
        }
    }
    for (std::size_t i = 0; i < 150; ++i) CHECK(x[0][i] == doctest::Approx(expected[i]).epsilon(1e-5));
    CHECK(groups[0].step_count(0) == 4);  // the step in which no word was named is none of theirs
    CHECK(groups[0].step_count(1) == 4);
    CHECK(groups[1].step_count() == 5);
    CHECK(std::ranges::equal(resumed[0].state("row_steps", 0), values(counts.begin(), counts.end())));
    // A dense gradient of a table in the next step, after which rows step again; both repeat with the same memory.
    const values all(150, 0.5f), rows_of_places(4, 1.0f);
    const tables g{all, values(4, 1), values(16, 1), values(2, 1)};
    for (int k = 0; k < 2; ++k) {
        CHECK(groups.step(x, g));
        of_words.step(w[0], g[0]);
        of_places.step(w[2], g[2]);
        dense.step({w[1], w[3]}, {g[1], g[3]});
        CHECK(x == w);
        CHECK(groups.step({x[0], x[1], x[2], x[3]}, {all, g[1], row_gradients(std::array{5u, 1u}, rows_of_places), {}}));
        of_words.step(w[0], all);
        of_places.step_rows(std::array{5, 1}, w[2], rows_of_places);
        const values none;
        dense.step({w[1], w[3]}, {g[1], none});
        CHECK(x == w);
    }
}

TEST_CASE("in one group some tensors step by rows and others densely: one step, one count") {
    grouped_optimizer<float> groups;
    groups.add<lazy_adam, in_half>({shape{6, 2}, shape{2, 2}, shape{3, 1}});
    optimizer<lazy_adam, float, in_half> one({shape{6, 2}, shape{2, 2}, shape{3, 1}});
    tables w{values(12, 1), values(4, 1), values(3, 1)}, x = w;
    const std::vector<std::uint16_t> named{4, 1};
    for (unsigned t = 0; t < 3; ++t) {
        const auto g = normal_values<float>(4, t), h = normal_values<float>(4, 10 + t);
        CHECK(groups.step({x[0], x[1], x[2]}, {row_gradients(named, g), h, t == 1 ? gradient_data<float>() : gradient_data<float>(values(3, 1))}));
        CHECK(one.step_rows(0, named, w[0], g));
        CHECK(one.step_tensor(1, w[1], h));
        CHECK(one.step_tensor(2, w[2], t == 1 ? values() : values(3, 1)));
        CHECK(x == w);
        CHECK(groups[0].step_count() == t + 1);
        CHECK(one.step_count() == t + 1);
    }
}

TEST_CASE("groups refuse rows and rules that do not fit before anything is written") {
    grouped_optimizer<float> groups;
    groups.add<lazy_adam>({shape{6, 2}});
    groups.add<clipped>({shape{5, 2}});
    auto& frozen = groups.add<clipped>({shape{5, 2}}, {.frozen = true});
    values a(12, 1), b(10, 1), c(10, 1);
    const values g(4, 1), dense(10, 1);
    const std::vector named{4, 1};
    const auto refused = [&](auto call, const char* words) {
        says(message_of(call), words);
        CHECK(a == values(12, 1));
        CHECK(b == values(10, 1));
        CHECK(groups[0].step_count() == 0);
    };
    refused([&] { groups.step({a, b, c}, {row_gradients(named, g), row_gradients(named, g), {}}); },
            "furl: rule 'clipped' has a reduction over all tensors, so rows cannot step alone");
    refused([&] { groups.step({a, b, c}, {row_gradients(std::vector{4, 6}, g), dense, {}}); }, "furl: index 6, at place 1, is no row of the table, which has 6");
    refused([&] { groups.step({a, b, c}, {row_gradients(std::vector{4, 4}, g), dense, {}}); }, "furl: row 4 is named twice, at places 0 and 1");
    refused([&] { groups.step({a, b, c}, {row_gradients(std::vector{4}, g), dense, {}}); }, "furl: tensor 0: gradients have 4 elements, expected 2: a row for each index");
    refused([&] { groups.step({a, b, c}, {row_gradients(named, values()), dense, {}}); }, "furl: tensor 0: gradients have 0 elements, expected 4: a row for each index");
    refused([&] { groups.step({a, b, c}, {row_gradients(named, std::span(b).first(4)), dense, {}}); }, "overlap");
    refused([&] { groups.step({a, b, c}, {row_gradients(sum_duplicates, std::vector{4, 4}, std::span(b).first(4)), dense, {}}); },
            "furl: gradients of tensor 0 overlap parameters of tensor 1");
    // The rows of a frozen group are not looked at, as its gradients are not.
    CHECK(groups.step({a, b, c}, {row_gradients(named, g), dense, row_gradients(named, g)}));
    CHECK(c == values(10, 1));
    CHECK(frozen.step_count() == 0);
    CHECK(a[2] == doctest::Approx(1 - 0.125));
    CHECK(a[0] == 1);
}

TEST_CASE("a matrix that lies column by column is refused where the rule goes by rows, by groups and any_optimizer too") {
    values w(12, 1), g(12, 1);
    eigen_like<false> by_columns{w.data(), 3, 4, 1, 3}, slopes{g.data(), 3, 4, 1, 3};
    eigen_like<true> by_rows{w.data(), 3, 4, 1, 4}, row_slopes{g.data(), 3, 4, 1, 4}, other{w.data(), 4, 3, 1, 3}, other_slopes{g.data(), 4, 3, 1, 3};
    any_optimizer<float> any = optimizer<centered_rows>(shape{3, 4});
    grouped_optimizer<float> groups;
    groups.add<centered_rows>({shape{3, 4}});
    grouped_optimizer<float> flat;
    flat.add<clipped>({12});
    const auto check = [&](auto& opt) {
        says(message_of([&] { opt.step(by_columns, slopes); }), "expected 3 x 4 row by row, because the step goes by rows");
        says(message_of([&] { opt.step(other, other_slopes); }), "expected 3 x 4 row by row, because the step goes by rows");
        CHECK(w == values(12, 1));
        CHECK(opt.step(by_rows, row_slopes));
        std::ranges::fill(w, 1.0f);
    };
    check(any);
    check(groups);
    CHECK(flat.step(by_columns, slopes));
}
