#include "stability.hpp"

#include "linear_step.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <optional>

namespace docs {

namespace {

// A rule may treat odd and even steps in different ways, so two steps count as one.
struct two_steps {
    linear_step first, second;

    two_steps(const rule_program& rule, setting given) : first(linearize(rule, given)) {
        ++given.step;
        second = linearize(rule, given);
    }

    // Tells whether both steps are matrices, and have the same variables.
    bool are_linear() const { return first.reason.empty() && second.reason.empty() && first.variables == second.variables; }
    Eigen::VectorXcd eigenvalues(double curvature) const { return (second.at(curvature) * first.at(curvature)).eval().eigenvalues(); }
    bool is_stable(double curvature) const { return eigenvalues(curvature).cwiseAbs().maxCoeff() < 1; }
};

setting defaults_of(const rule_program& rule) {
    setting given;
    for (const auto& h : rule.hypers) given.hyperparameters.push_back(h.default_value);
    return given;
}

std::optional<std::size_t> find_learning_rate(const rule_program& rule) {
    const auto found = std::ranges::find(rule.hypers, "lr", &furl::hyper_entry::name);
    if (found == rule.hypers.end()) return {};
    return static_cast<std::size_t>(found - rule.hypers.begin());
}

// The curvature up to which a step is stable.
std::optional<double> largest_curvature(const rule_program& rule, const setting& given) {
    const two_steps steps(rule, given);
    double stable = 1e-6, unstable = stable;
    if (!steps.are_linear() || !steps.is_stable(stable)) return {};
    while (steps.is_stable(unstable)) {
        stable = unstable;
        if (unstable > 1e12) return {};
        unstable *= 1.25;
    }
    while (unstable - stable > 1e-9 * unstable) {
        const double middle = (stable + unstable) / 2;
        (steps.is_stable(middle) ? stable : unstable) = middle;
    }
    return stable;
}

std::optional<double> limit_of(const rule_program& rule, const setting& given) {
    const auto curvature = largest_curvature(rule, given);
    if (!curvature) return {};
    return *curvature * given.hyperparameters[*find_learning_rate(rule)];
}

bool is_near(std::optional<double> a, double b) { return a && std::abs(*a - b) < 0.01 * b; }

// Returns whether earlier steps fade by this hyperparameter: with a curvature of 0 it is an eigenvalue, whatever its value.
bool is_momentum(const rule_program& rule, setting given, std::size_t which) {
    for (double value : {0.53, 0.77}) {
        given.hyperparameters[which] = value;
        const two_steps steps(rule, given);
        if (!steps.are_linear()) return false;
        const auto all = steps.eigenvalues(0);
        if (std::ranges::none_of(all, [&](auto x) { return std::abs(x - value * value) < 1e-6; })) return false;
    }
    return true;
}

// The first that is not 0: that of aggmo that stands for no momentum is.
std::optional<std::size_t> find_momentum(const rule_program& rule, const setting& given) {
    for (std::size_t i = 0; i < rule.hypers.size(); ++i) {
        const auto& h = rule.hypers[i];
        if (h.default_value > 0 && h.default_value < 1 && h.name != "lr" && is_momentum(rule, given, i)) return i;
    }
    return {};
}

// How the limit changes with the value of a held state: it is in proportion to this power of it.
std::optional<double> power_of(const rule_program& rule, setting given, std::string_view state, double limit) {
    given.other = state;
    given.value_of_other = 4;
    const auto larger = limit_of(rule, given);
    if (!larger) return {};
    const double power = std::log(*larger / limit) / std::log(4.0);
    given.value_of_other = 16;
    if (!is_near(limit_of(rule, given), limit * std::pow(16, power))) return {};
    return power;
}

}  // namespace

stability stability_of(const rule_program& rule) {
    stability result;
    const auto give_up = [&](std::string_view reason) {
        result.reason = reason;
        return result;
    };
    const auto given = defaults_of(rule);
    const auto lr = find_learning_rate(rule);
    if (!lr) return give_up("it has no learning rate");
    const auto step = linearize(rule, given);
    if (!step.reason.empty()) return give_up(step.reason);
    const auto limit = limit_of(rule, given);
    if (!limit) return give_up("it has no largest stable learning rate");
    auto changed = given;
    changed.hyperparameters[*lr] /= 4;
    if (!is_near(limit_of(rule, changed), *limit)) return give_up("it depends on more than the product of learning rate and curvature");
    changed = given;
    changed.step *= 4;
    if (!is_near(limit_of(rule, changed), *limit)) return give_up("its step keeps changing with the number of steps");
    for (const auto state : step.held) {
        const auto power = power_of(rule, given, state, *limit);
        if (!power) return give_up("its step follows from past gradients in other ways than as a divisor");
        result.held.emplace_back(state, *power);
    }
    result.limit = *limit;
    const auto momentum = find_momentum(rule, given);
    if (!momentum) return result;
    result.momentum = rule.hypers[*momentum].name;
    result.momentum_default = rule.hypers[*momentum].default_value;
    changed = given;
    for (int percent = 0; percent < 100; percent += percent < 96 ? 4 : percent < 98 ? 2 : 1) {
        changed.hyperparameters[*momentum] = percent / 100.0;
        if (const auto at = limit_of(rule, changed)) result.limits.emplace_back(percent / 100.0, *at);
    }
    return result;
}

}  // namespace docs
