#include <doctest/doctest.h>

#include <support/rules.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct two_inputs {
    static constexpr auto update = param + 10 * input<"a"> + 100 * input<"b"> + 1000 * sum(input<"a">) + grad;
};

}  // namespace

TEST_CASE_TEMPLATE("inputs are told apart by name, in any order", Optimizer, optimizer<two_inputs>, naive<two_inputs>,
                   reference<two_inputs>) {
    using T = typename Optimizer::value_type;
    const std::vector<T> g{0, 0, 1}, a{1, 2, 3}, b{4, 5, 6};
    const std::vector<T> expected{6410, 6520, 6631};
    Optimizer opt(3);
    std::vector<T> w(3);
    opt.step(w, g, input<"a"> = a, input<"b"> = b);
    CHECK(w == expected);
    w = {0, 0, 0};
    opt.step(w, g, input<"b"> = b, input<"a"> = a);
    CHECK(w == expected);
}

TEST_CASE("one memory may be several inputs, and the gradient") {
    const std::vector<float> x{1, 2};
    optimizer<two_inputs> opt(2);
    std::vector<float> w(2);
    opt.step(w, x, input<"a"> = x, input<"b"> = x);
    CHECK(w == std::vector<float>{3111, 3222});
}

TEST_CASE("an input may be a list of tensors, or anything contiguous") {
    optimizer<two_inputs> opt({2, 1});
    std::vector<std::vector<float>> w{{0, 0}, {0}};
    const std::vector<std::vector<float>> g{{0, 0}, {1}};
    const float a0[]{1, 2};
    const std::vector<float> a1{3};
    const std::array<std::vector<float>, 2> b{std::vector<float>{4, 5}, std::vector<float>{6}};
    opt.step(w, g, input<"a"> = std::vector<std::span<const float>>{a0, a1}, input<"b"> = b);
    CHECK(w[0] == std::vector<float>{3410, 3520});
    CHECK(w[1] == std::vector<float>{3631});
    optimizer<two_inputs> one(2);
    std::array<float, 2> v{};
    one.step(v, g[0], input<"a"> = a0, input<"b"> = b[0]);
    CHECK(v[1] == 3520);
}
