#pragma once

#include "zoo/any_optimizer.hpp"

#include <support/compare.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Runs of any rule on gradients that do not depend on the parameters.
namespace furl::tests {

using sizes = std::vector<std::size_t>;

template <class T>
tensor_list<T> values(const sizes& of, unsigned seed, double scale = 1) {
    tensor_list<T> result;
    for (auto n : of) result.push_back(normal_values<T>(n, seed++, scale));
    return result;
}

/// A gradient of scales from 1e-3 to 100, with some zeros. It does not depend on the parameters, so that a difference of
/// rounding is not fed back.
template <class T>
tensor_list<T> gradient_of(const sizes& of, int t) {
    auto result = values<T>(of, 100U + 10U * static_cast<unsigned>(t));
    for (auto& tensor : result)
        for (std::size_t i = 0; i < tensor.size(); ++i) {
            tensor[i] *= static_cast<T>(std::pow(10.0, static_cast<int>(i % 6) - 3));
            if ((i + static_cast<std::size_t>(t)) % 13 == 0) tensor[i] = 0;
        }
    return result;
}

template <class T>
tensor_list<T> hessian_of(const sizes& of, int t) {
    auto result = gradient_of<T>(of, t + 1000);
    for (auto& tensor : result)
        for (auto& x : tensor) x = std::fabs(x);
    return result;
}

/// The value of a loss, from 1 to 1e6: Polyak's step length is at times longer and at times shorter than 1.
inline double loss_of(int t) { return std::pow(10.0, (5 * t + 1) % 7) * (1 + 0.3 * std::sin(t)); }

inline sizes sizes_of(const std::vector<shape>& shapes) {
    sizes result;
    for (const auto& s : shapes) result.push_back(s.size());
    return result;
}

/// An optimizer with its parameters.
template <class T>
struct run {
    sizes of;
    std::unique_ptr<any_optimizer<T>> opt;
    tensor_list<T> parameters;

    run(const rule_under_test& rule, const sizes& tensors)
        : of(tensors), opt(rule.make<T>(rows_of(tensors))), parameters(values<T>(tensors, 1, 0.1)) {}

    run(const rule_under_test& rule, const std::vector<shape>& shapes)
        : of(sizes_of(shapes)), opt(rule.make<T>(shapes)), parameters(values<T>(of, 1, 0.1)) {}

    void steps(int from, int to) {
        for (int t = from; t <= to; ++t) opt->step(parameters, gradient_of<T>(of, t), hessian_of<T>(of, t), loss_of(t));
    }

    /// Parameters and states of one tensor, and the states of one value that it sees.
    std::vector<double> outcome(std::size_t tensor) const {
        std::vector<double> all(parameters[tensor].begin(), parameters[tensor].end());
        for (auto name : opt->states()) {
            const auto state = opt->state(name, tensor);
            all.insert(all.end(), state.begin(), state.end());
        }
        for (auto name : opt->scalar_states())  // whether they have started is no outcome
            if (!name.starts_with("furl.started")) all.push_back(opt->scalar_state(name, tensor));
        return all;
    }

    std::vector<double> outcome() const {
        std::vector<double> all;
        for (std::size_t k = 0; k < of.size(); ++k) {
            const auto one = outcome(k);
            all.insert(all.end(), one.begin(), one.end());
        }
        return all;
    }
};

inline bool same(const std::vector<double>& a, const std::vector<double>& b) { return first_difference(a, b) == nowhere; }

/// A rule by its name.
inline const rule_under_test& rule_of(std::string_view name) {
    const auto found = std::ranges::find(rules_under_test(), name, &rule_under_test::name);
    if (found == rules_under_test().end()) throw std::invalid_argument("no rule " + std::string(name));
    return *found;
}

}  // namespace furl::tests
