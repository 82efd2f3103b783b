#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>

#include <numbers>

/// A schedule is an expression of the step that can stand wherever a hyperparameter can.
///
/// `static constexpr auto lr = furl::schedules::cosine(furl::hyper<"lr">(1e-3), 0.0, 10'000);`
///
/// The first step, t = 1, has the first value. Below, s = t - 1 is the number of completed steps: the epoch of PyTorch's
/// schedulers and the count of optax's schedules, 0 in the first step. Each argument is a number, a hyperparameter (so that it
/// can be changed at run time) or an expression of these. Arguments that are numbers of steps need not be whole. A schedule
/// is one value per step: it is computed once a step, in double, whatever the number of parameters.
namespace FURL_NAMESPACE::schedules {

namespace detail {

/// The number of steps before this one: s.
inline constexpr auto done = step - 1;

/// Returns an expression as it is, and a number as a double, so that arithmetic of numbers is done before they become part of
/// an expression.
template <class X>
constexpr auto operand(const X& x) {
    if constexpr (Number<X>) return static_cast<double>(x);
    else return as_expression(x);
}

/// Returns s / steps, at most 1, and 1 if steps is 0.
template <class Steps>
constexpr auto progress(const Steps& steps) {
    return select(done < steps, done / steps, 1.0);
}

/// A straight line from a to b as the fraction goes from 0 to 1.
struct straight {
    template <class A, class B, class Fraction>
    constexpr auto operator()(const A& a, const B& b, const Fraction& fraction) const {
        return a + (b - a) * fraction;
    }
};

/// Half a wave of a cosine from a to b as the fraction goes from 0 to 1.
struct half_wave {
    template <class A, class B, class Fraction>
    constexpr auto operator()(const A& a, const B& b, const Fraction& fraction) const {
        return b + (a - b) / 2 * (1 + cos(std::numbers::pi * fraction));
    }
};

}  // namespace detail

/// Has the same value in each step.
///
/// \f$ c \f$
///
/// Source:  optax's constant_schedule. It serves in join, and where a schedule is expected.
template <class Value>
constexpr auto constant(const Value& value) {
    return as_expression(value);
}

/// A straight line.
///
/// \f$ a + (b - a) \min(s / T, 1) \f$
///
/// @param from   a: the value of the first step.
/// @param to     b: the value after T steps and from then on.
/// @param steps  T.
/// Source:  PyTorch's LinearLR(start_factor = a / lr, end_factor = b / lr, total_iters = T), optax's linear_schedule.
template <class From, class To, class Steps>
constexpr auto linear(const From& from, const To& to, const Steps& steps) {
    return detail::straight{}(detail::operand(from), detail::operand(to), detail::progress(steps));
}

/// A power of the remaining fraction of the steps.
///
/// \f$ b + (a - b) (1 - \min(s / T, 1))^p \f$
///
/// @param from   a: the value of the first step.
/// @param to     b: the value after T steps and from then on.
/// @param steps  T.
/// @param power  p: 1 is linear.
/// Source:  PyTorch's PolynomialLR(total_iters = T, power = p) has b = 0; optax's polynomial_schedule.
template <class From, class To, class Steps, class Power>
constexpr auto polynomial(const From& from, const To& to, const Steps& steps, const Power& power) {
    const auto end = detail::operand(to);
    return end + (detail::operand(from) - end) * pow(1 - detail::progress(steps), power);
}

/// Exponential decay.
///
/// \f$ a\, r^{s / T} \f$
///
/// @param from   a: the value of the first step.
/// @param rate   r: the factor over T steps, above 0; below 1 for a decay.
/// @param steps  T.
/// @returns  an expression, per step. For a floor, write `max(exponential(...), floor)`.
/// Source:  PyTorch's ExponentialLR(gamma = r) has T = 1; optax's exponential_decay.
template <class From, class Rate, class Steps = double>
constexpr auto exponential(const From& from, const Rate& rate, const Steps& steps = 1.0) {
    return from * pow(rate, detail::done / steps);
}

/// Exponential decay in stairs: the value is multiplied by a factor every T steps.
///
/// \f$ a\, r^{\lfloor s / T \rfloor} \f$
///
/// Parameters are those of exponential.
/// Source:  PyTorch's StepLR(step_size = T, gamma = r), optax's exponential_decay(staircase=True).
template <class From, class Rate, class Steps>
constexpr auto staircase(const From& from, const Rate& rate, const Steps& steps) {
    return from * pow(rate, floor(detail::done / steps));
}

/// Half a wave of a cosine, then a floor.
///
/// \f$ b + \frac{a - b}{2} \left(1 + \cos(\pi \min(s / T, 1))\right) \f$
///
/// @param from   a: the value of the first step.
/// @param to     b: the floor: the value after T steps and from then on.
/// @param steps  T.
/// Source:  Loshchilov & Hutter 2017 (SGDR), equation 5, for one cycle; optax's cosine_decay_schedule(alpha = b / a).
///          Differs from PyTorch's CosineAnnealingLR(T_max = T, eta_min = b) in that it does not rise again after T;
///          cosine_wave does.
template <class From, class To, class Steps>
constexpr auto cosine(const From& from, const To& to, const Steps& steps) {
    return detail::half_wave{}(detail::operand(from), detail::operand(to), detail::progress(steps));
}

/// A cosine that falls and rises again, without an end.
///
/// \f$ b + \frac{a - b}{2} \left(1 + \cos(\pi s / T)\right) \f$
///
/// @param from   a: the value of the first step, and of every 2 T steps after it.
/// @param to     b: the value after T steps, and of every 2 T steps after that.
/// @param steps  T: half a period.
/// Source:  PyTorch's CosineAnnealingLR(T_max = T, eta_min = b), also beyond T_max.
template <class From, class To, class Steps>
constexpr auto cosine_wave(const From& from, const To& to, const Steps& steps) {
    return detail::half_wave{}(detail::operand(from), detail::operand(to), detail::done / steps);
}

/// The inverse square root of the step, after a linear warm-up.
///
/// \f$ a \min\left(\frac{t}{W}, \sqrt{\frac{W}{t}}\right) \f$
///
/// It is the one schedule that counts from 1, as its paper does: the first value is a / W, and the peak is at t = W.
///
/// @param peak          a: the value of step W, which is the largest.
/// @param warmup_steps  W, at least 1; with 1 there is no warm-up.
/// Source:  Vaswani et al. 2017, equation 3, where a = 1 / sqrt(d_model W).
template <class Peak, class Warmup>
constexpr auto inverse_sqrt(const Peak& peak, const Warmup& warmup_steps) {
    return peak * min(step / warmup_steps, sqrt(warmup_steps / step));
}

}  // namespace furl::schedules
