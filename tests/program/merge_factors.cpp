#include <doctest/doctest.h>

#include <support/programs.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

template <auto Update>
struct rule {
    static constexpr auto update = Update();
};

constexpr auto a = hyper<"a">(2);
constexpr auto b = hyper<"b">(0.5);
constexpr auto c = hyper<"c">(5);

template <auto Update>
constexpr auto merged = drop_dead_code(merge_factors(reciprocals(expanded<rule<Update>>)));

template <auto Update>
constexpr std::size_t in_loop(op code) {
    return count_of(merged<Update>, code, domain::element);
}

constexpr auto nested = [] { return a * (b * (c * param)); };
static_assert(in_loop<nested>(op::multiply) == 1);
static_assert(count_of(merged<nested>, op::multiply, domain::step) == 2);

constexpr auto on_the_right = [] { return param * a * b * c; };
static_assert(in_loop<on_the_right>(op::multiply) == 1);

constexpr auto over_a_quotient = [] { return a * ((b * param) / grad); };
static_assert(in_loop<over_a_quotient>(op::multiply) == 1 && in_loop<over_a_quotient>(op::divide) == 1);

constexpr auto quotient_on_the_left = [] { return ((param * b) / grad) * a; };
static_assert(in_loop<quotient_on_the_left>(op::multiply) == 1);

// Nothing to merge: factors of elements, quotients by a factor, quotients that are needed as they are.
constexpr auto of_elements = [] { return param * (grad * (a * param)); };
static_assert(in_loop<of_elements>(op::multiply) == 3);

constexpr auto plain_quotient = [] { return a * (param / grad); };
static_assert(in_loop<plain_quotient>(op::multiply) == 1 && in_loop<plain_quotient>(op::divide) == 1);

constexpr auto used_quotient = [] {
    const auto q = let<"q">((b * param) / grad);
    return a * q + q;
};
static_assert(in_loop<used_quotient>(op::divide) == 1, "a quotient that is used twice is computed once");
static_assert(in_loop<used_quotient>(op::multiply) == 2);

// A product that is used twice costs no more than before.
constexpr auto used_product = [] {
    const auto p = let<"p">(b * param);
    return a * p + p;
};
static_assert(in_loop<used_product>(op::multiply) == 2);

// The factor of a bias correction leaves a root, and meets others.
constexpr auto second_moment = ema<"v">(square(grad), b);
constexpr auto corrected_root = [] { return sqrt(bias_corrected(second_moment)); };
static_assert(count_of(merged<corrected_root>, op::sqrt, domain::step) == 1);
constexpr auto scaled_root = [] { return a * sqrt(bias_corrected(second_moment)); };
static_assert(in_loop<scaled_root>(op::multiply) == in_loop<corrected_root>(op::multiply));

// One that may be negative stays, and so does one that is needed as it is.
constexpr auto any_root = [] {
    return sqrt(a * param) + sqrt(grad / c) + sqrt(grad / (1 - pow(c, step))) + sqrt(grad / (1 - pow(b, a))) +
           sqrt(a * param / (1 - pow(b, step))) + second_moment;
};
static_assert(count_of(merged<any_root>, op::sqrt, domain::step) == 0);
constexpr auto used_correction = [] {
    const auto v_hat = let<"v_hat">(bias_corrected(second_moment));
    return sqrt(v_hat) + v_hat;
};
static_assert(count_of(merged<used_correction>, op::sqrt, domain::step) == 0);

static_assert(is_ssa(merged<nested>) && is_ssa(merged<over_a_quotient>) && is_ssa(merged<used_quotient>) &&
              is_ssa(merged<scaled_root>));

}  // namespace

TEST_CASE("factors that are the same for all elements meet outside the loop, as the static_asserts above say") {
    CHECK(in_loop<nested>(op::multiply) == 1);
}
