#pragma once

#include "parallel.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace examples {

/// The way of a method towards a minimum: a point per step.
struct descent {
    std::vector<Eigen::VectorXd> x = {};
    std::vector<double> gradients = {};  ///< evaluations so far
    std::vector<double> norm = {};       ///< the gradient's length, relative to the first
    double lr = 0;
    bool reached = false;

    /// Whether it got there with fewer gradients, or nearer.
    bool is_better_than(const descent& other) const {
        if (reached != other.reached) return reached;
        return reached ? gradients.back() < other.gradients.back() : norm.back() < other.norm.back();
    }
};

/// Of five starts, the descent in the middle, at the learning rate, from 1e-3 to 1, where that one is best.
///
/// @param run  (learning rate, seed of the start) -> descent
template <class Run>
descent best_descent(std::uint64_t seed, Run run) {
    constexpr std::size_t rates = 10, starts = 5;
    std::vector<descent> medians(rates);
    const auto is_better = [](const descent& a, const descent& b) { return a.is_better_than(b); };
    parallel_for(rates, [&](std::size_t i) {
        std::vector<descent> tried;
        const double lr = std::pow(10.0, static_cast<double>(i) / 3 - 3);
        for (std::size_t s = 0; s < starts; ++s) tried.push_back(run(lr, seed + s));
        std::ranges::nth_element(tried, tried.begin() + starts / 2, is_better);
        medians[i] = tried[starts / 2];
    });
    return *std::ranges::min_element(medians, is_better);
}

}  // namespace examples
