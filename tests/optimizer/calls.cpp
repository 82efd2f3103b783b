#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <array>
#include <list>
#include <memory>
#include <ranges>

using namespace furl;
using namespace furl::tests;

// clang before 16 cannot compile the views of libstdc++.
#if !defined(__clang__) || __clang_major__ >= 16
#define FURL_TEST_VIEWS
#endif

namespace {

struct one_step {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto m = ema<"m">(grad, 0.5);
    static constexpr auto update = param - lr * m;
};

/// An interface like Eigen's: sizes of a signed type, strides, no iterators.
struct matrix {
    static constexpr bool IsRowMajor = false;
    std::vector<float> values;
    float* data() { return values.data(); }
    const float* data() const { return values.data(); }
    std::ptrdiff_t size() const { return std::ssize(values); }
    std::ptrdiff_t rows() const { return size(); }
    std::ptrdiff_t cols() const { return 1; }
    std::ptrdiff_t innerStride() const { return 1; }
    std::ptrdiff_t outerStride() const { return rows(); }
};

// From 1, 2, 3 by gradients 4, 8, 12 at lr 0.5, in the first step.
const std::vector<float> expected{0, 0, 0};

template <class Parameters, class Gradients>
void check_step(Parameters&& w, const Gradients& g) {
    optimizer<one_step> opt(3);
    opt.step(w, g);
    CHECK(std::equal(std::data(w), std::data(w) + 3, expected.begin()));
    CHECK(opt.step_count() == 1);
}

}  // namespace

TEST_CASE("a step takes anything contiguous as a tensor") {
    const std::vector<float> g{4, 8, 12};
    std::vector<float> vector{1, 2, 3};
    check_step(vector, g);
    std::array<float, 3> array{1, 2, 3};
    check_step(array, std::array<float, 3>{4, 8, 12});
    float c_array[]{1, 2, 3};
    const float c_gradients[]{4, 8, 12};
    check_step(c_array, c_gradients);
    vector = {1, 2, 3};
    check_step(std::span(vector), std::span<const float>(g));
    vector = {1, 2, 3};
    const std::span<float> constant_span(vector);
    check_step(constant_span, g);
    matrix eigen{{1, 2, 3}};
    check_step(eigen, matrix{g});
    std::span<float, 3> fixed(c_array);
    c_array[0] = 1, c_array[1] = 2, c_array[2] = 3;
    check_step(fixed, g);
}

TEST_CASE("a step takes lists of tensors of any kind") {
    const std::vector<std::vector<float>> start{{1, 2, 3}, {10}, {}};
    const std::vector<std::vector<float>> g{{4, 8, 12}, {40}, {}};
    const auto check = [&](auto& w, const auto& gradients) {
        optimizer<one_step> opt({3, 1, 0});
        opt.step(w, gradients);
        std::vector<float> all;
        for (auto&& tensor : w) all.insert(all.end(), std::data(tensor), std::data(tensor) + std::size(tensor));
        CHECK(all == std::vector<float>{0, 0, 0, 0});
    };
    auto vectors = start;
    check(vectors, g);
    auto in_array = std::array{start[0], start[1], start[2]};
    check(in_array, g);
    std::list<std::vector<float>> in_list(start.begin(), start.end());
    check(in_list, g);
    vectors = start;
    std::vector<std::span<float>> spans(vectors.begin(), vectors.end());
    check(spans, std::vector<std::span<const float>>(g.begin(), g.end()));
    vectors = start;
#if defined(FURL_TEST_VIEWS)
    auto view = vectors | std::views::transform([](auto& x) { return std::span(x); });
    check(view, g);
#endif
    const std::array<std::vector<float>, 3> const_gradients{g[0], g[1], g[2]};
    vectors = start;
    check(vectors, const_gradients);
    float table[2][2]{{1, 2}, {3, 4}};
    const float table_gradients[2][2]{{4, 8}, {12, 16}};
    optimizer<one_step> opt({2, 2});
    opt.step(table, table_gradients);
    CHECK(table[1][1] == 0);
}

TEST_CASE("a step takes braced lists of tensors") {
    std::vector<float> w0{1, 2, 3}, w1{10};
    const std::vector<float> g0{4, 8, 12}, g1{40};
    optimizer<one_step> opt({3, 1});
    opt.step({w0, w1}, {g0, g1});
    CHECK(w0 == expected);
    CHECK(w1[0] == 0);
    optimizer<curved> with_input({3, 1});
    const std::vector<std::vector<float>> h{{1, 1, 1}, {1}};
    with_input.step({w0, w1}, {g0, g1}, input<"hessian"> = h);
    CHECK(w1[0] != 0);
    optimizer<one_step> single(3);
    w0 = {1, 2, 3};
    single.step({w0}, {g0});
    CHECK(w0 == expected);
}

TEST_CASE("an optimizer is built from a size, a list, or any range of integers") {
    CHECK(optimizer<one_step>(5).tensors() == 1);
    CHECK(optimizer<one_step>(5).size(0) == 5);
    const optimizer<one_step> listed({5, 6, 7});
    CHECK(listed.tensors() == 3);
    CHECK(listed.size(2) == 7);
    CHECK(optimizer<one_step>(std::vector<std::size_t>{1, 2}).size(1) == 2);
    CHECK(optimizer<one_step>(std::vector<int>{1, 2}).size(1) == 2);
    CHECK(optimizer<one_step>(std::array<unsigned, 3>{1, 2, 3}).tensors() == 3);
    CHECK(optimizer<one_step>(std::list<long>{1, 2, 3}).tensors() == 3);
    CHECK_THROWS_AS(static_cast<void>(listed.size(3)), std::invalid_argument);
#if defined(FURL_TEST_VIEWS)
    const std::vector<std::vector<float>> tensors{{1, 2}, {3}};
    const optimizer<one_step> of_tensors(tensors | std::views::transform([](const auto& x) { return x.size(); }));
    CHECK(of_tensors.size(1) == 1);
#endif
}

TEST_CASE("an optimizer is built for the tensors it will step") {
    const std::vector<float> one(7);
    CHECK(optimizer<one_step>(one).tensors() == 1);
    CHECK(optimizer<one_step>(one).size(0) == 7);
    const std::vector<std::vector<float>> list{{1, 2}, {3}};
    CHECK(optimizer<one_step>(list).tensors() == 2);
    CHECK(optimizer<one_step>(list).size(1) == 1);
    const float array[4]{};
    CHECK(optimizer<one_step>(array).size(0) == 4);
    // A vector of integers is sizes, a vector of numbers is a tensor.
    CHECK(optimizer<one_step>(std::vector<int>{4}).size(0) == 4);
    CHECK(optimizer<one_step>(std::vector<float>{4}).size(0) == 1);
}

TEST_CASE("hyperparameters are read and set by symbol and by name") {
    optimizer<adamw_rule> opt(3);
    CHECK(opt[adamw_rule::lr] == 1e-3);
    CHECK(opt.get("weight_decay") == 0.01);
    opt[adamw_rule::lr] = 3e-4;
    CHECK(opt.get("lr") == 3e-4);
    opt.set("beta1", 0.5);
    CHECK(std::as_const(opt)[adamw_rule::beta1] == 0.5);
    opt[adamw_rule::beta2] *= 0.5;
    CHECK(opt.get("beta2") == 0.999 * 0.5);
    static_assert(std::is_same_v<decltype(opt[adamw_rule::lr]), double&>);
    const auto names = optimizer<adamw_rule>::hyperparameters();
    CHECK(names.size() == 5);
    for (auto name : {"lr", "beta1", "beta2", "eps", "weight_decay"}) CHECK(std::ranges::count(names, name) == 1);
    CHECK(optimizer<shuffled>::hyperparameters().empty());
}

TEST_CASE("a hyperparameter that changes between steps changes the next step alone") {
    optimizer<descent, double> opt(1);
    std::vector<double> w{0}, g{1};
    opt.step(w, g);
    CHECK(w[0] == -0.1);
    opt[descent::lr] = 1;
    opt.step(w, g);
    CHECK(w[0] == -1.1);
    opt.set("lr", 0);
    opt.step(w, g);
    CHECK(w[0] == -1.1);
    // As a run of the reference with the same changes.
    const problem<double> p(20, 10);
    auto a = p.start, b = p.start;
    optimizer<adamw_rule, double> fast(20);
    reference<adamw_rule> slow(20);
    for (int t = 0; t < 10; ++t) {
        const double lr = 1e-3 * (t + 1);
        fast[adamw_rule::lr] = lr;
        slow.set("lr", lr);
        fast.step(a, p.gradients[static_cast<std::size_t>(t)]);
        slow.step(b, p.gradients[static_cast<std::size_t>(t)]);
    }
    for (std::size_t i = 0; i < 20; ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

TEST_CASE("an optimizer of two tensors is two optimizers") {
    const problem<float> first(37, 4, 1), second(64, 4, 9);
    optimizer<trusting> both({37, 64});
    auto w0 = first.start, w1 = second.start;
    for (std::size_t t = 0; t < 4; ++t) both.step({w0, w1}, {first.gradients[t], second.gradients[t]});
    CHECK((outcome_of<decltype(both), float>(both, w0, 0) == solve<optimizer<trusting>>(first)));
    CHECK((outcome_of<decltype(both), float>(both, w1, 1) == solve<optimizer<trusting>>(second)));
}

TEST_CASE_TEMPLATE("tensors of no elements and lists of no tensors take steps", Rule, adamw_rule, centered) {
    optimizer<Rule> none(std::vector<std::size_t>{});
    std::vector<std::vector<float>> nothing;
    none.step(nothing, nothing);
    none.step(nothing, nothing);
    CHECK(none.step_count() == 2);
    CHECK(none.tensors() == 0);

    optimizer<Rule> empty(0);
    std::vector<float> no_elements;
    empty.step(no_elements, no_elements);
    CHECK(empty.step_count() == 1);

    optimizer<Rule> some({0, 3, 0}), plain(3);
    std::vector<float> w{1, 2, 3}, v = w, g{1, 1, 1};
    some.step({no_elements, w, no_elements}, {no_elements, g, no_elements});
    plain.step(v, g);
    CHECK(w == v);
    some.step({std::span<float>{}, w, std::span<float>{}}, {std::span<float>{}, g, std::span<float>{}});
    CHECK(some.step_count() == 2);
}

namespace {

struct counts_steps {
    static constexpr auto ticks = accumulate<"ticks">(step);
    static constexpr auto update = param - grad / ticks;
};

}  // namespace

TEST_CASE("a list of no tensors takes steps of a rule with a state per step") {
    optimizer<counts_steps> none(std::vector<std::size_t>{});
    std::vector<std::vector<float>> nothing;
    none.step(nothing, nothing);
    none.step(nothing, nothing);
    CHECK(none.step_count() == 2);
}

TEST_CASE("a step in double is a step in double") {
    optimizer<descent, double> opt(2);
    std::vector<double> w{1, 2}, g{1e-17, 1e-10};
    opt.step(w, g);
    CHECK(w[1] == 2 - 0.1 * 1e-10);
    static_assert(std::is_same_v<decltype(opt)::value_type, double>);
    static_assert(std::is_same_v<decltype(optimizer<one_step, double>(1).state(one_step::m)), std::span<double>>);
}

TEST_CASE("states are found by symbol and by name") {
    optimizer<adamw_rule> opt({3, 5});
    CHECK(opt.state(adamw_rule::m, 1).size() == 5);
    CHECK(opt.state(adamw_rule::m, 1).data() == opt.state("m", 1).data());
    CHECK(opt.state("v", 0).data() != opt.state("m", 0).data());
    CHECK(opt.states().size() == 2);
    for (const auto& s : {"m", "v"}) CHECK(std::ranges::count(opt.states(), s) == 1);
    opt.state("m", 0)[1] = 4;
    CHECK(opt.state(adamw_rule::m, 0)[1] == 4);
    optimizer<delays> with_delays(4);
    CHECK(with_delays.state(delays::old_param).size() == 4);
    CHECK(with_delays.state("old_grad").size() == 4);
}
