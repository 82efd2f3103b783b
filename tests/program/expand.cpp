#include <doctest/doctest.h>

#include <support/programs.hpp>

#include <limits>

using namespace furl;
using namespace furl::tests;

// Functions and reductions become instructions that executors know: these static_asserts are the tests.
namespace {

template <auto Update>
struct rule {
    static constexpr auto update = Update();
};

template <auto Update>
constexpr std::size_t count_expanded(op code) {
    return count_of(expanded<rule<Update>>, code);
}
template <auto Update>
constexpr std::size_t size_expanded = expanded<rule<Update>>.code.size();

constexpr auto squares = [] { return square(param) + cube(param); };
static_assert(count_expanded<squares>(op::multiply) == 2, "the square is part of the cube");
static_assert(size_expanded<squares> == 4);

constexpr auto roots = [] { return rsqrt(param); };
static_assert(count_expanded<roots>(op::sqrt) == 1 && count_expanded<roots>(op::divide) == 1);

constexpr auto logistic = [] { return sigmoid(param); };
static_assert(count_expanded<logistic>(op::exp) == 1 && count_expanded<logistic>(op::divide) == 1);

constexpr auto between = [] { return lerp(param, grad, 0.25); };
static_assert(count_expanded<between>(op::lerp) == 0 && size_expanded<between> == 6);

// Constant exponents.
template <int Times2>
constexpr auto power = [] { return pow(param, Times2 / 2.0); };
static_assert(count_expanded<power<2>>(op::pow) == 0 && size_expanded<power<2>> == 1);
static_assert(count_expanded<power<4>>(op::multiply) == 1 && size_expanded<power<4>> == 2);
static_assert(count_expanded<power<6>>(op::multiply) == 2 && size_expanded<power<6>> == 3);
static_assert(count_expanded<power<1>>(op::sqrt) == 1 && size_expanded<power<1>> == 2);
static_assert(count_expanded<power<-2>>(op::divide) == 1 && count_expanded<power<-2>>(op::pow) == 0);
static_assert(count_expanded<power<5>>(op::pow) == 1);
constexpr auto power_of_step = [] { return param * pow(hyper<"b">(0.9), 2); };
static_assert(count_of(expanded<rule<power_of_step>>, op::pow, domain::step) == 1);
constexpr auto power_by_hyper = [] { return pow(param, hyper<"b">(2)); };
static_assert(count_of(expanded<rule<power_by_hyper>>, op::pow, domain::element) == 1);

// Reductions: sums and maxima of what stands in them.
constexpr auto norms = [] { return param * norm(grad) * norm1(grad) * max_abs(grad) * sum(grad) * dot(grad, grad); };
static_assert(count_expanded<norms>(op::reduce_sum) == 3, "norm and dot share the sum of squares");
static_assert(count_expanded<norms>(op::reduce_max) == 1);
static_assert(count_expanded<norms>(op::abs) == 1 && count_expanded<norms>(op::sqrt) == 1);
static_assert(count_of(expanded<rule<norms>>, op::sqrt, domain::tensor) == 1);

constexpr auto average = [] { return param - mean(grad); };
static_assert(count_expanded<average>(op::reduce_sum) == 1 && count_expanded<average>(op::count) == 1);

constexpr auto finite = [] { return select(all_finite(grad), param - grad, param); };
static_assert(count_expanded<finite>(op::reduce_max) == 1 && count_expanded<finite>(op::all_finite) == 0);

// Of a value that is the same for all elements, a sum needs no loop.
constexpr auto no_loop = [] { return param * sum(step) * max_abs(step) * mean(hyper<"x">(1)); };
static_assert(count_expanded<no_loop>(op::reduce_sum) == 0 && count_expanded<no_loop>(op::reduce_max) == 0);
static_assert(count_expanded<no_loop>(op::count) == 1);

static_assert(is_ssa(expanded<rule<squares>>) && is_ssa(expanded<rule<norms>>) && is_ssa(expanded<rule<no_loop>>));

// No operation is left that executors do not know.
struct everything {
    static constexpr auto a = param;
    static constexpr auto update = square(a) + cube(a) + rsqrt(a) + sigmoid(a) + lerp(a, grad, a) + pow(a, 2) + sum(a) +
                                   mean(a) + dot(a, grad) + norm(a) + norm1(a) + max_abs(a) +
                                   select(all_finite(a), bias_corrected(ema<"m">(a, 0.5)), let<"x">(a));
};
constexpr bool all_known = [] {
    for (const auto& x : expanded<everything>.code) {
        const auto& known = info(x.code);
        if (x.code == op::updated || (known.kind != op_kind::leaf && known.cost == op_cost::none)) return false;
    }
    return true;
}();
static_assert(all_known);

}  // namespace

TEST_CASE("functions and reductions become simpler instructions, as the static_asserts above say") {
    CHECK(count_expanded<norms>(op::reduce_sum) == 3);
}
