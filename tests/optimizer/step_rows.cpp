#include <doctest/doctest.h>

#include <support/compare.hpp>
#include <support/messages.hpp>

#include <furl/furl.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/sgd.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <list>
#include <map>
#include <random>

using namespace furl;
using namespace furl::tests;

namespace {

constexpr std::size_t table_rows = 20, width_of_row = 6;

std::vector<float> draw(std::size_t n, unsigned seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> d(-1, 1);
    std::vector<float> x(n);
    for (auto& v : x) v = d(generator);
    return x;
}

/// A value of each row, its state and an input.
struct row_wise {
    static constexpr auto v = accumulate<"v">(per_row(mean(square(grad))));
    static constexpr auto m = ema<"m">(grad * input<"h">, 0.5);
    static constexpr auto update = param - 0.5 * m / (sqrt(v) + 0.25);
};

/// The counts of steps and the starts of states are those of each row.
struct lazy {
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto start = state<"start">(param, [](auto old) { return old; });
    static constexpr auto update = steps_per_row(with(param - 0.125 * bias_corrected(m), start));
};

/// The step count is a factor, so that values show it: that of the optimizer, of each tensor, of each row.
struct by_step {
    static constexpr auto update = param - furl::step * grad;
};
struct by_tensor {
    static constexpr auto update = steps_per_tensor(by_step::update);
};
struct by_row {
    static constexpr auto update = steps_per_row(by_step::update);
};
struct zeroing {
    static constexpr auto update = zero_grad(param - grad);
};

struct reads_tensor {
    static constexpr auto update = param - grad / norm(grad);
};
struct reads_columns {
    static constexpr auto update = param - grad / per_column(norm(grad));
};
struct starts_with_tensor {
    static constexpr auto start = state<"start">(param, [](auto old) { return old; });
    static constexpr auto update = with(param - grad, start);
};
static_assert(plan<row_wise, contracted>::steps_by_rows && plan<lazy, contracted>::steps_by_rows && plan<zoo::adam, contracted>::steps_by_rows);
static_assert(!plan<reads_tensor, contracted>::steps_by_rows && !plan<reads_columns, contracted>::steps_by_rows &&
              !plan<starts_with_tensor, contracted>::steps_by_rows);

const std::vector<std::vector<int>> batches{{3, 0, 17}, {19}, {5, 4, 3, 2, 1, 0}, {7, 8, 9, 10}, {17, 3}};

// The rows of a step as a table of their own, of an optimizer whose rows are these: what step_rows must equal.
template <class Opt, class Copy>
void check_equals_dense_steps(Copy copy) {
    Opt sparse(shape{table_rows, width_of_row});
    auto w = draw(table_rows * width_of_row, 1), expected = w;
    std::map<std::string, std::vector<float>> states;
    for (auto name : sparse.states()) states[std::string(name)] = sparse.read_state(name);
    std::int64_t t = 0;
    for (const auto& named : batches) {
        const auto g = draw(named.size() * width_of_row, static_cast<unsigned>(10 + t)), h = draw(named.size() * width_of_row, static_cast<unsigned>(50 + t));
        // A dense step of a small table that holds the rows named and their states.
        Opt dense(shape{named.size(), width_of_row});
        std::vector<float> small(named.size() * width_of_row);
        const auto each = [&](auto visit) {
            for (std::size_t k = 0; k < named.size(); ++k) visit(k, static_cast<std::size_t>(named[k]));
        };
        each([&](std::size_t k, std::size_t r) { std::copy_n(&expected[r * width_of_row], width_of_row, &small[k * width_of_row]); });
        for (auto& state : states) {
            auto& values = state.second;
            const auto rows = dense.state(state.first);
            const auto width = values.size() / table_rows;
            each([&](std::size_t k, std::size_t r) { std::copy_n(&values[r * width], width, &rows[k * width]); });
        }
        dense.set_step_count(t);
        copy(dense, small, g, h);
        each([&](std::size_t k, std::size_t r) { std::copy_n(&small[k * width_of_row], width_of_row, &expected[r * width_of_row]); });
        for (auto& state : states) {
            auto& values = state.second;
            const auto rows = dense.state(state.first);
            const auto width = values.size() / table_rows;
            each([&](std::size_t k, std::size_t r) { std::copy_n(&rows[k * width], width, &values[r * width]); });
        }
        if constexpr (requires { sparse.step_rows(named, w, g, input<"h"> = h); } && std::is_same_v<typename Opt::rule, row_wise>)
            REQUIRE(sparse.step_rows(named, w, g, input<"h"> = h));
        else REQUIRE(sparse.step_rows(named, w, g));
        ++t;
        CHECK(first_difference(w, expected) == nowhere);
        for (auto& [name, values] : states) CHECK(first_difference(sparse.read_state(name), values) == nowhere);
        CHECK(sparse.step_count() == t);
    }
}

}  // namespace

TEST_CASE("step_rows does for the rows named what a dense step of these rows does, and touches no others") {
    const auto plain = [](auto& opt, auto& w, const auto& g, const auto&) { opt.step(w, g); };
    check_equals_dense_steps<optimizer<zoo::adam>>(plain);
    check_equals_dense_steps<optimizer<zoo::adam, float, strict>>(plain);
    check_equals_dense_steps<naive<zoo::adam>>(plain);
    check_equals_dense_steps<optimizer<row_wise>>([](auto& opt, auto& w, const auto& g, const auto& h) { opt.step(w, g, input<"h"> = h); });
    check_equals_dense_steps<naive<row_wise>>([](auto& opt, auto& w, const auto& g, const auto& h) { opt.step(w, g, input<"h"> = h); });
}

TEST_CASE("all rows in order are a dense step") {
    optimizer<row_wise> sparse(shape{table_rows, width_of_row}), dense(shape{table_rows, width_of_row});
    auto w = draw(table_rows * width_of_row, 1), v = w;
    std::vector<unsigned char> all(table_rows);
    for (std::size_t i = 0; i < table_rows; ++i) all[i] = static_cast<unsigned char>(i);
    for (unsigned t = 0; t < 3; ++t) {
        const auto g = draw(w.size(), 5 + t), h = draw(w.size(), 9 + t);
        sparse.step_rows(all, w, g, input<"h"> = h);
        dense.step(v, g, input<"h"> = h);
    }
    CHECK(w == v);
    CHECK(sparse.read_state("v") == dense.read_state("v"));
}

TEST_CASE("steps_per_row counts each row's steps, and starts its states with them") {
    optimizer<lazy> opt(shape{3, 2});
    std::vector<float> w{10, 20, 30, 40, 50, 60};
    const std::vector<float> ones{1, 1};
    for (int t = 0; t < 4; ++t) opt.step_rows(std::array{1}, w, ones);
    // Each corrected average of ones is 1, whatever the row's count.
    CHECK(w[2] == doctest::Approx(29.5));
    opt.step_rows(std::list<std::int64_t>{2}, w, ones);
    CHECK(w[4] == doctest::Approx(49.875));  // with the optimizer's count of 5 it would be 49.97
    CHECK(opt.read_state("row_steps") == std::vector<float>{0, 4, 1});
    CHECK(opt.read_state("start")[2] == 30);
    CHECK(opt.read_state("start")[4] == 50);
    CHECK(opt.read_state("start")[0] == 0);
    CHECK(opt.step_count() == 5);
    // A dense step counts for all rows.
    opt.step(w, std::vector<float>(6, 1.0f));
    CHECK(opt.read_state("row_steps") == std::vector<float>{1, 5, 2});
    CHECK(opt.read_state("start")[0] == 10);
    opt.reset();
    CHECK(opt.read_state("row_steps") == std::vector<float>{0, 0, 0});
}

TEST_CASE("the same bits on any number of threads") {
    thread_pool pool(3);
    const std::size_t many_rows = 4000, length = 37;
    optimizer<row_wise> one(shape{many_rows, length}), many(shape{many_rows, length});
    auto w = draw(many_rows * length, 1), v = w;
    std::vector<std::size_t> named;
    for (std::size_t i = 0; i < many_rows; i += 2) named.push_back((i * 7919) % many_rows);
    std::ranges::sort(named);
    named.erase(std::unique(named.begin(), named.end()), named.end());
    const auto g = draw(named.size() * length, 2), h = draw(named.size() * length, 3);
    for (int t = 0; t < 2; ++t) {
        one.step_rows(named, w, g, input<"h"> = h);
        many.step_rows(pool, named, v, g, input<"h"> = h);
    }
    CHECK(w == v);
    CHECK(one.read_state("v") == many.read_state("v"));
}

TEST_CASE("a wrong row, a row twice, and sizes that do not fit are refused before anything is written") {
    optimizer<zoo::adam> opt(shape{table_rows, width_of_row});
    const auto before = draw(table_rows * width_of_row, 1);
    auto w = before;
    const auto g = draw(3 * width_of_row, 2);
    const auto refused = [&](auto call, const char* message) {
        CHECK_THROWS_WITH_AS(call(), doctest::Contains(message), std::invalid_argument);
        CHECK(w == before);
        CHECK(opt.step_count() == 0);
        CHECK(opt.read_state("m") == std::vector<float>(w.size()));
    };
    refused([&] { opt.step_rows(std::vector{1, 20, 2}, w, g); }, "index 20, at place 1, is no row of the table, which has 20");
    refused([&] { opt.step_rows(std::vector{1, 2, -1}, w, g); }, "index -1, at place 2");
    refused([&] { opt.step_rows(std::vector<std::uint64_t>{1, ~std::uint64_t{0}, 2}, w, g); }, "index 18446744073709551615, at place 1");
    refused([&] { opt.step_rows(std::vector{4, 2, 4}, w, g); }, "row 4 is named twice, at places 0 and 2");
    refused([&] { opt.step_rows(std::vector{1, 2}, w, g); }, "gradients have 18 elements, expected 12: a row for each index");
    refused([&] { opt.step_rows(sum_duplicates, std::vector{1, 2}, w, g); }, "gradients have 18 elements, expected 12");
    refused([&] { opt.step_rows(std::vector{1, 2, 3}, w, std::vector<float>()); }, "gradients have 0 elements");
    std::vector<float> small(12);
    refused([&] { opt.step_rows(std::vector{1, 2, 3}, small, g); }, "parameters have 12 elements, expected 120");
    refused([&] { opt.step_rows(std::vector{1, 2, 3}, w, std::span<const float>(w).first(18)); }, "overlap");
    optimizer<zoo::adam> two({shape{2, 2}, shape{3, 3}});
    CHECK_THROWS_WITH_AS(two.step_rows(std::vector{1}, small, g), doctest::Contains("the optimizer has 2 tensors; say which: step_rows(tensor, indices, ...)"), std::invalid_argument);
    CHECK_FALSE(opt.step_rows(std::vector<int>(), w, std::vector<float>()));
    CHECK(opt.step_count() == 0);
    // After a refusal the next call is a step as any other.
    CHECK(opt.step_rows(std::vector{4, 2, 3}, w, g));
    CHECK(opt.step(w, before));
}

TEST_CASE("gradients of a row that is named twice are added up on demand") {
    optimizer<zoo::sgd> opt(shape{table_rows, width_of_row}), once(shape{table_rows, width_of_row});
    auto w = draw(table_rows * width_of_row, 1), v = w;
    const auto g = draw(5 * width_of_row, 2);
    CHECK(opt.step_rows(sum_duplicates, std::vector{4, 2, 4, 9, 4}, w, g));
    std::vector<float> sums(3 * width_of_row);
    for (std::size_t j = 0; j < width_of_row; ++j) {
        sums[j] = g[j] + g[2 * width_of_row + j] + g[4 * width_of_row + j];
        sums[width_of_row + j] = g[width_of_row + j];
        sums[2 * width_of_row + j] = g[3 * width_of_row + j];
    }
    once.step_rows(std::vector{4, 2, 9}, v, sums);
    for (std::size_t i = 0; i < w.size(); ++i) CHECK(w[i] == doctest::Approx(v[i]).epsilon(1e-6));
    CHECK(w != draw(table_rows * width_of_row, 1));
}

TEST_CASE("sums of gradients that overlap the parameters are refused, as the gradients are") {
    optimizer<zoo::sgd> opt(shape{4, 3});
    std::vector<float> w(12, 1.0f);
    CHECK_THROWS_WITH_AS(opt.step_rows(sum_duplicates, std::vector{2, 0, 2}, w, std::span<float>(w.data(), 9)), doctest::Contains("overlap"),
                         std::invalid_argument);
    CHECK(w == std::vector<float>(12, 1.0f));
    const std::vector<char> small{0, 1};
    CHECK(opt.step_rows(small, w, std::vector<float>(6, 1.0f)));
    CHECK_THROWS_WITH_AS(opt.step_rows(std::vector<signed char>{0, -1}, w, std::vector<float>(6)), doctest::Contains("index -1, at place 1"),
                         std::invalid_argument);
}

TEST_CASE("formats: narrow states step by rows; states in blocks need rows of whole blocks") {
    using stored = optimizer<zoo::adam, float, storage<state_as<"m", bfloat16>, state_as<"v", bfloat16>>>;
    stored sparse(shape{table_rows, width_of_row}), dense(shape{3, width_of_row});
    auto w = draw(table_rows * width_of_row, 1);
    std::vector<float> small(w.begin() + 12, w.begin() + 30);
    const auto g = draw(3 * width_of_row, 2);
    sparse.step_rows(std::vector{2, 3, 4}, w, g);
    dense.step(small, g);
    CHECK(std::equal(small.begin(), small.end(), w.begin() + 12));
    const auto m = sparse.read_state("m");
    CHECK(std::vector<float>(m.begin() + 12, m.begin() + 30) == dense.read_state("m"));
    using blocks = optimizer<zoo::adam, float, storage<state_as<"m", block8>, state_as<"v", block8_positive>>>;
    blocks odd(shape{table_rows, width_of_row}), whole(shape{4, 512});
    CHECK_THROWS_WITH_AS(odd.step_rows(std::vector{2, 3, 4}, w, g), doctest::Contains("stored in blocks of 256"), std::invalid_argument);
    auto big = draw(4 * 512, 1);
    CHECK(whole.step_rows(std::vector{2, 0}, big, draw(2 * 512, 3)));
}

TEST_CASE("some rows of a tensor are its part of a step, and each step count counts what it says") {
    const std::array<shape, 3> shapes{shape{4, 2}, shape{30, 3}, shape{1, 5}};
    using list = std::vector<std::vector<int>>;
    // Of each step the rows of the first two tensors, and whether the third steps; the step of no rows is no part of a tensor.
    const std::vector<std::pair<list, bool>> steps{{{{3, 1}, {29, 0, 7}}, true}, {{{}, {7}}, true}, {{{2, 3}, {7, 29}}, false}, {{{0, 1, 2, 3}, {1}}, true}};
    const auto check = [&]<class Rule>(Rule*, int which) {
        optimizer<Rule> opt(shapes);
        std::vector<std::vector<float>> w{std::vector<float>(8, 100.0f), std::vector<float>(90, 100.0f), std::vector<float>(5, 100.0f)}, expected = w;
        std::array<int, 3> of_tensor{};
        std::array<std::array<int, 30>, 3> of_row{};
        int t = 0;
        for (const auto& [named, third] : steps) {
            ++t;
            for (const std::size_t i : {1u, 0u}) {  // in another order than that of the list
                const auto width = shapes[i].columns;
                if (!named[i].empty()) ++of_tensor[i];
                std::vector<float> g;
                for (int r : named[i]) {
                    const auto row = static_cast<std::size_t>(r);
                    ++of_row[i][row];
                    const auto factor = std::array{t, of_tensor[i], of_row[i][row]}[static_cast<std::size_t>(which)];
                    for (std::size_t j = 0; j < width; ++j) {
                        g.push_back(static_cast<float>(static_cast<std::size_t>(r) + j));
                        expected[i][row * width + j] -= static_cast<float>(factor) * g.back();
                    }
                }
                CHECK(opt.step_rows(i, named[i], w[i], g));
                CHECK(opt.step_is_open());
                CHECK(opt.step_count() == t - 1);
            }
            if (third) {
                const auto factor = std::array{t, ++of_tensor[2], ++of_row[2][0]}[static_cast<std::size_t>(which)];
                for (auto& x : expected[2]) x -= static_cast<float>(factor);
                CHECK(opt.step_tensor(2, w[2], std::vector<float>(5, 1.0f)));
            } else opt.finish_step();
            CHECK_FALSE(opt.step_is_open());
            CHECK(opt.step_count() == t);
            CHECK(w == expected);
        }
        // Parts of rows leave nothing behind that the next step of all would take for its own.
        const std::vector<std::vector<float>> g{std::vector<float>(8, 1.0f), std::vector<float>(90, 1.0f), std::vector<float>(5, 1.0f)};
        ++t;
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < w[i].size(); ++j)
                expected[i][j] -= static_cast<float>(std::array{t, of_tensor[i] + 1, of_row[i][j / shapes[i].columns] + 1}[static_cast<std::size_t>(which)]);
        CHECK(opt.step(w, g));
        CHECK(w == expected);
    };
    check(static_cast<by_step*>(nullptr), 0);
    check(static_cast<by_tensor*>(nullptr), 1);
    check(static_cast<by_row*>(nullptr), 2);
}

TEST_CASE("rows of one tensor of a list are refused before anything is written, and the step goes on") {
    optimizer<zoo::adam> opt({shape{4, 2}, shape{30, 3}});
    auto a = draw(8, 1), b = draw(90, 2);
    const auto a_before = a, b_before = b, g = draw(6, 3);
    const auto refused = [&](auto call, const char* message) {
        CHECK_THROWS_WITH_AS(call(), doctest::Contains(message), std::invalid_argument);
        CHECK(a == a_before);
        CHECK(b == b_before);
        CHECK_FALSE(opt.step_is_open());
    };
    refused([&] { opt.step_rows(2, std::vector{1, 2}, b, g); }, "no tensor 2; the optimizer has 2");
    refused([&] { opt.step_rows(0, std::vector{1, 4}, a, g); }, "index 4, at place 1, is no row of the table, which has 4");
    refused([&] { opt.step_rows(1, std::vector{1, 30}, b, g); }, "index 30, at place 1, is no row of the table, which has 30");
    refused([&] { opt.step_rows(1, std::vector{9, 9}, b, g); }, "row 9 is named twice, at places 0 and 1");
    refused([&] { opt.step_rows(1, std::vector{9}, b, g); }, "tensor 1: gradients have 6 elements, expected 3: a row for each index");
    refused([&] { opt.step_rows(1, std::vector{9, 8}, a, g); }, "tensor 1: parameters have 8 elements, expected 90 as at construction");
    refused([&] { opt.step_rows(1, std::vector{9, 8}, b, std::span<const float>(b).first(6)); }, "overlap gradients of tensor 1");
    CHECK(opt.step_rows(1, std::vector{9, 8}, b, g));
    const auto b_stepped = b;
    CHECK_THROWS_WITH_AS(opt.step_rows(1, std::vector{7, 6}, b, g), doctest::Contains("tensor 1 had its part of this step already"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(opt.step(std::vector{std::span(a), std::span(b)}, std::vector{std::span(a_before), std::span(b_before)}),
                         doctest::Contains("a step tensor by tensor is open, 1 of 2 are done"), std::invalid_argument);
    CHECK(b == b_stepped);
    CHECK(opt.step_rows(sum_duplicates, 0, std::vector{3, 3, 0}, a, g));
    CHECK(opt.step_count() == 1);
}

TEST_CASE("duplicates of one tensor of a list are added up, and a rule with zero_grad zeroes the gradients that were given") {
    optimizer<zeroing> opt({shape{2, 2}, shape{5, 3}});
    std::vector<float> a(4, 8.0f), b(15, 8.0f), g{1, 2, 3, 4, 5, 6, 7, 8, 9}, ones(4, 1.0f);
    CHECK(opt.step_rows(sum_duplicates, 1, std::vector{4, 1, 4}, b, g));
    CHECK(b == std::vector<float>{8, 8, 8, 4, 3, 2, 8, 8, 8, 8, 8, 8, 0, -2, -4});
    CHECK(g == std::vector<float>(9));
    thread_pool pool(2);
    CHECK(opt.step_rows(pool, 0, std::vector{1, 0}, a, ones));
    CHECK(a == std::vector<float>(4, 7.0f));
    CHECK(ones == std::vector<float>(4));
    CHECK(opt.step_count() == 1);
}
