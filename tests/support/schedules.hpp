#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/program/cost.hpp>
#include <furl/zoo/sgd.hpp>

#include <cmath>
#include <vector>

// How the tests look at a schedule.
namespace furl::tests {

using real = long double;

// Make is a function that returns a schedule.
template <auto Make>
struct sgd_with {
    static constexpr auto update = param - Make() * grad;
};

/// What is left of a cost without what is done once a step.
constexpr cost_table in_the_loop(cost_table c) {
    c.per_step = 0;
    return c;
}

struct nothing {
    void operator()(auto&, int) const {}
};

/// The values of a schedule in the first steps. That none of it is in the loop is asserted on the way.
template <auto Make, class Change = nothing>
std::vector<double> values(int steps, const Change& change = {}) {
    static_assert(in_the_loop(cost<sgd_with<Make>>) == in_the_loop(cost<zoo::sgd>));
    optimizer<sgd_with<Make>, double, one_element_at_a_time, contracted> opt(1);
    std::vector<double> parameter(1), result;
    const std::vector<double> gradient{-1};
    for (int t = 1; t <= steps; ++t) {
        change(opt, t);
        parameter[0] = 0;
        opt.step(parameter, gradient);
        result.push_back(parameter[0]);
    }
    return result;
}

/// The largest difference from a formula of s = 0, 1, ..., relative to the largest value.
template <class Formula>
double distance(const std::vector<double>& values, Formula formula) {
    real worst = 0, largest = 0;
    for (std::size_t s = 0; s < values.size(); ++s) {
        const real exact = formula(static_cast<real>(s));
        largest = std::fmax(largest, std::fabs(exact));
        worst = std::fmax(worst, std::fabs(values[s] - exact));
    }
    return static_cast<double>(worst / largest);
}

}  // namespace furl::tests
