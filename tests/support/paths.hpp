#pragma once

#include <furl/optimizer.hpp>

#include <support/compare.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

// Rules run side by side on the same gradients.
namespace furl::tests {

template <class T>
using tensors = std::vector<std::vector<T>>;

/// Two tensors, of a size that has a tail and of one below a vector.
template <class T>
tensors<T> two_tensors(unsigned seed, double deviation = 1) {
    return {normal_values<T>(21, seed, deviation), normal_values<T>(3, seed + 1000, deviation)};
}

/// Gradients of a few steps, of changing scale.
template <class T>
std::vector<tensors<T>> gradient_history(int steps, unsigned seed = 1) {
    std::vector<tensors<T>> result;
    for (int t = 0; t < steps; ++t)
        result.push_back(two_tensors<T>(seed + static_cast<unsigned>(t), std::pow(10.0, t % 5 - 2)));
    return result;
}

/// An optimizer with its parameters.
template <class Rule, class T = float, class... Policies>
struct run_of {
    tensors<T> parameters = two_tensors<T>(99);
    optimizer<Rule, T, Policies...> opt{std::vector<std::size_t>{21, 3}};

    bool step(const tensors<T>& gradients) { return opt.step(parameters, gradients); }

    std::vector<T> all() const {
        std::vector<T> result;
        for (const auto& tensor : parameters) result.insert(result.end(), tensor.begin(), tensor.end());
        return result;
    }

    /// A state of both tensors.
    std::vector<T> state(std::string_view name) {
        std::vector<T> result;
        for (std::size_t i = 0; i < 2; ++i) {
            const auto values = opt.state(name, i);
            result.insert(result.end(), values.begin(), values.end());
        }
        return result;
    }
};

/// The parameters after each step.
template <class Rule, class T = float>
std::vector<std::vector<T>> path(const std::vector<tensors<T>>& history) {
    run_of<Rule, T> run;
    std::vector<std::vector<T>> result;
    for (const auto& gradients : history) {
        run.step(gradients);
        result.push_back(run.all());
    }
    return result;
}

/// The largest difference of two paths, in units of the last place.
template <class T>
double distance_in_ulps(const std::vector<std::vector<T>>& a, const std::vector<std::vector<T>>& b) {
    if (a.size() != b.size()) return HUGE_VAL;
    double worst = 0;
    for (std::size_t t = 0; t < a.size(); ++t)
        for (std::size_t i = 0; i < a[t].size(); ++i) {
            const double x = a[t][i], y = b[t][i];
            const double unit =
                std::ldexp(std::numeric_limits<T>::epsilon(), std::ilogb(std::max(std::fabs(x), std::fabs(y))));
            worst = std::max(worst, x == y ? 0 : std::fabs(x - y) / unit);
        }
    return worst;
}

}  // namespace furl::tests
