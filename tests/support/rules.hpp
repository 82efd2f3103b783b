#pragma once

#include <furl/blocks/accumulators.hpp>
#include <furl/blocks/corrections.hpp>
#include <furl/blocks/ema.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/program/cost.hpp>

#include <support/compare.hpp>

#include <span>
#include <string>
#include <tuple>
#include <vector>

// Rules that between them use every part of the language, and one way to run any of them.
namespace furl::tests {

/// A state that holds x after the step.
template <fixed_string Name, class X>
constexpr auto record(const X& x) {
    const auto value = as_expression(x);
    return state<Name>(0.0, [&](auto) { return value; });
}

/// 1 where the condition holds, else 0.
template <Expression C>
constexpr auto truth(const C& condition) {
    return select(condition, 1, 0);
}

struct descent {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto update = param - lr * grad;
};

struct heavy_momentum {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto buffer = momentum<"buffer">(grad, mu);
    static constexpr auto update = param - lr * buffer;
};

struct adamw_rule {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto decay = hyper<"weight_decay">(0.01);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);

    static constexpr auto update =
        param * (1 - lr * decay) - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};

struct amsgrad_rule {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto v = ema<"v">(square(grad), 0.99);
    static constexpr auto largest = running_max<"largest">(v);
    static constexpr auto update = param - lr * safe_divide(m, sqrt(largest), 1e-8);
};

/// A state that another state's old value feeds, and a state that starts from an expression.
struct adadelta_rule {
    static constexpr auto rho = hyper<"rho">(0.95);
    static constexpr auto eps = hyper<"eps">(1e-6);
    static constexpr auto e = ema<"e">(square(grad), rho);
    static constexpr auto change = [](auto old) { return let<"change">(-sqrt(old + eps) / sqrt(e + eps) * grad); };
    static constexpr auto d = state<"d">(0.0, [](auto old) { return rho * old + (1 - rho) * square(change(old)); });
    static constexpr auto update = param + change(previous(d));
};

/// Element, step and comparison conditions, and what connects them.
struct choosy {
    static constexpr auto lr = hyper<"lr">(0.05);
    static constexpr auto m = ema<"m">(grad, 0.8);
    static constexpr auto agree = m * grad > 0 && !(abs(grad) < 0.01);
    static constexpr auto warm = step > 2;
    static constexpr auto scale = select(warm, lr, lr / 2);
    static constexpr auto update =
        select(agree || step == 1, param - scale * clamp(m, -0.5, 0.5), param - scale * sign(grad) * min(abs(m), 0.1));
};

/// Leaves stored as they are: the old parameter and the old gradient.
struct delays {
    static constexpr auto old_param = delay<"old_param">(param, param);
    static constexpr auto old_grad = delay<"old_grad">(grad);
    static constexpr auto update = param - 0.1 * (2 * grad - old_grad) + 0.5 * (param - old_param);
};

/// States that swap their old values, and an update that stores a leaf.
struct shuffled {
    static constexpr auto a = state<"a">(1.0, [](auto) { return grad; });
    static constexpr auto b = state<"b">(2.0, [](auto) { return previous(a); });
    static constexpr auto c = state<"c">(3.0, [](auto) { return previous(b); });
    static constexpr auto update = with(previous(c), a, b, c);
};

/// A weight average beside the update.
struct averaged {
    static constexpr auto average = ema<"average">(updated, hyper<"decay">(0.9), param);
    static constexpr auto update = with(param - 0.1 * grad, average);
};

/// One more stream.
struct curved {
    static constexpr auto hessian = input<"hessian">;
    static constexpr auto h = ema<"h">(hessian, 0.9);
    static constexpr auto update = param - 0.1 * clamp(grad / max(abs(h), 1e-3), -1, 1);
};

/// Two passes: the gradient is clipped to a norm.
struct clipped {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto limit = hyper<"max_norm">(1.0);
    static constexpr auto scale = let<"scale">(min(1, limit / norm(grad)));
    static constexpr auto update = param - lr * (scale * grad);
};

/// Two passes: the reductions are over what the step computes (as LAMB does it).
struct trusting {
    static constexpr auto lr = hyper<"lr">(0.01);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto v = ema<"v">(square(grad), 0.99);
    static constexpr auto direction =
        let<"direction">(safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), 1e-6) + 0.01 * param);
    static constexpr auto trust = select(norm(param) > 0 && norm(direction) > 0, norm(param) / norm(direction), 1);
    static constexpr auto update = param - lr * trust * direction;
};

/// Three passes: a reduction over what depends on a reduction. And values of a tensor that last.
struct centered {
    static constexpr auto middle = let<"middle">(grad - mean(grad));
    static constexpr auto size = ema<"size">(norm(middle), 0.5);
    static constexpr auto sums = accumulate<"sums">(sum(grad) + norm1(param) + max_abs(param) + dot(param, grad));
    static constexpr auto update = with(select(all_finite(grad), param - 0.1 * middle / (size + 1e-3), param), sums);
};

/// Rules of one pass, of which any part can be run alone, and rules of several.
using one_pass_rules = std::tuple<descent, heavy_momentum, adamw_rule, amsgrad_rule, adadelta_rule, choosy, delays,
                                  shuffled, averaged, curved>;
using reducing_rules = std::tuple<clipped, trusting, centered>;
using every_rule = decltype(std::tuple_cat(one_pass_rules{}, reducing_rules{}));

template <class Rule>
inline constexpr bool takes_hessian = requires {
    Rule::hessian;
};

/// One step of any of these rules; the rules without a further input do not get it.
template <class Optimizer, class Parameters, class Gradients>
void take_step(Optimizer& opt, Parameters&& parameters, const Gradients& gradients, const Gradients& further) {
    if constexpr (takes_hessian<typename Optimizer::rule>) opt.step(parameters, gradients, input<"hessian"> = further);
    else opt.step(parameters, gradients);
}

/// Parameters and states of one tensor after some steps.
template <class T>
struct outcome {
    std::vector<T> parameters;
    std::vector<std::vector<T>> states;
    std::vector<double> scalars;

    bool operator==(const outcome& other) const {
        if (first_difference(parameters, other.parameters) != nowhere || states.size() != other.states.size())
            return false;
        for (std::size_t i = 0; i < states.size(); ++i)
            if (first_difference(states[i], other.states[i]) != nowhere) return false;
        return first_difference(scalars, other.scalars) == nowhere;
    }
};

template <class Rule>
std::vector<double> scalar_states_of(auto& opt, std::size_t tensor) {
    if constexpr (requires { Rule::sums; }) return {opt.state(Rule::size, tensor)[0], opt.state(Rule::sums, tensor)[0]};
    else return {};
}

template <class Optimizer, class T>
outcome<T> outcome_of(Optimizer& opt, std::span<const T> parameters, std::size_t tensor = 0) {
    outcome<T> result{
        {parameters.begin(), parameters.end()}, {}, scalar_states_of<typename Optimizer::rule>(opt, tensor)};
    for (auto name : opt.states()) {
        const auto values = opt.state(name, tensor);
        result.states.emplace_back(values.begin(), values.end());
    }
    return result;
}

/// The data of some steps: parameters, and gradients and a further input for each step.
template <class T>
struct problem {
    std::vector<T> start;
    std::vector<std::vector<T>> gradients, further;

    problem(std::size_t n, std::size_t steps, unsigned seed = 1) : start(normal_values<T>(n, seed)) {
        for (unsigned i = 0; i < steps; ++i) {
            gradients.push_back(normal_values<T>(n, seed + 100 + i));
            further.push_back(normal_values<T>(n, seed + 200 + i));
        }
    }
};

/// An optimizer over a problem, from its start.
template <class Optimizer, class T>
outcome<T> solve(const problem<T>& p) {
    Optimizer opt(p.start.size());
    auto parameters = p.start;
    for (std::size_t i = 0; i < p.gradients.size(); ++i) take_step(opt, parameters, p.gradients[i], p.further[i]);
    return outcome_of<Optimizer, T>(opt, parameters);
}

}  // namespace furl::tests
