#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <algorithm>
#include <cmath>

using namespace furl;
using namespace furl::tests;

namespace {

template <class T>
std::vector<double> widened(const std::vector<T>& x) {
    return {x.begin(), x.end()};
}

// The largest distance of a parameter from the reference in double after 100 steps, in units of the last place of the
// parameter (of 1, for smaller ones). All data are values of T, so that they are the same numbers.
template <class Optimizer>
double drift() {
    using T = typename Optimizer::value_type;
    const problem<T> p(1000, 100);
    problem<double> same(0, 0);
    same.start = widened(p.start);
    for (const auto& g : p.gradients) same.gradients.push_back(widened(g));
    for (const auto& h : p.further) same.further.push_back(widened(h));
    const auto result = solve<Optimizer>(p);
    const auto exact = solve<reference<typename Optimizer::rule>>(same);
    double worst = 0;
    for (std::size_t i = 0; i < p.start.size(); ++i) {
        const double unit = std::max(1.0, std::exp2(std::floor(std::log2(std::fabs(exact.parameters[i]))))) *
                            std::numeric_limits<T>::epsilon();
        worst = std::max(worst, std::fabs(static_cast<double>(result.parameters[i]) - exact.parameters[i]) / unit);
    }
    return worst;
}

// Units after 100 steps; the most that was measured (SSE2, AVX2, AVX-512) stands beside the budget.
template <class Rule>
constexpr double budget = 0;
template <>
constexpr double budget<descent> = 20;  // 12.8
template <>
constexpr double budget<heavy_momentum> = 60;  // 38.7
template <>
constexpr double budget<adamw_rule> = 80;  // 52.2
template <>
constexpr double budget<amsgrad_rule> = 15;  // 9.5
template <>
constexpr double budget<adadelta_rule> = 12;  // 7.6
template <>
constexpr double budget<delays> = 60;  // 40.2
template <>
constexpr double budget<averaged> = 20;  // 12.8
template <>
constexpr double budget<curved> = 25;  // 15.0
template <>
constexpr double budget<clipped> = 15;  // 8.3
template <>
constexpr double budget<trusting> = 15;  // 8.8
template <>
constexpr double budget<centered> = 15;  // 9.4

}  // namespace

TEST_CASE_TEMPLATE("default numerics stay within their budget of the reference over 100 steps", Rule, descent,
                   heavy_momentum, adamw_rule, amsgrad_rule, adadelta_rule, delays, averaged, curved, clipped, trusting,
                   centered) {
    const double units = drift<optimizer<Rule>>();
    CHECK(units > 0);
    CHECK(units <= budget<Rule>);
}

TEST_CASE("in double an optimizer is its reference but for the last bits") {
    CHECK(drift<optimizer<adamw_rule, double>>() <= budget<adamw_rule>);
    CHECK(drift<optimizer<trusting, double>>() <= budget<trusting>);
    CHECK(drift<optimizer<adamw_rule, double, one_element_at_a_time>>() == 0);
}
