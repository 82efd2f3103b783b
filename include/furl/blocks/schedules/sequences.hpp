#pragma once

#include <furl/blocks/schedules/curves.hpp>
#include <furl/language/replace.hpp>

// Schedules made of pieces. A list of pieces reads like a time line: a value, the step at which it ends, the next value.
namespace FURL_NAMESPACE::schedules {

namespace detail {

// x counts its steps from `begin` on; the steps before belong to another schedule.
template <class Begin, class X>
constexpr auto from_step(const Begin& begin, const X& x) {
    return replace(as_expression(x), step, step - begin);
}

template <class Begin, class X, class End, class... Rest>
constexpr auto from_step(const Begin& begin, const X& x, const End& end, const Rest&... rest) {
    return select(step <= end, from_step(begin, x), from_step(end, rest...));
}

template <class Value>
constexpr auto levels(const Value& value) {
    return as_expression(value);
}

template <class Value, class End, class... Rest>
constexpr auto levels(const Value& value, const End& end, const Rest&... rest) {
    return select(step <= end, value, levels(rest...));
}

// Goes from value to next while the fraction goes from 0 to 1, which it reaches at end; then continues with the rest.
template <class Shape, class Fraction, class Value, class End, class Next, class... Rest>
constexpr auto pieces(Shape shape, const Fraction& fraction, const Value& value, const End& end, const Next& next,
                      const Rest&... rest) {
    const auto after = [&] {
        if constexpr (sizeof...(Rest) == 0) {
            return as_expression(next);
        } else {
            const auto following = [&](const auto& its_end, const auto&...) {
                return pieces(shape, (done - end) / (operand(its_end) - operand(end)), next, rest...);
            };
            return following(rest...);
        }
    }();
    return select(done < end, shape(operand(value), operand(next), fraction), after);
}

template <class Shape, class Value>
constexpr auto path(Shape, const Value& value) {
    return as_expression(value);
}

template <class Shape, class Value, class End, class... Rest>
constexpr auto path(Shape shape, const Value& value, const End& end, const Rest&... rest) {
    return pieces(shape, done / end, value, end, rest...);
}

}  // namespace detail

/// Runs one schedule after the other: join(first, 1000, second, 5000, third).
///
/// \f$ x_1(t) \f$ for \f$ t \le T_1 \f$, then \f$ x_2(t - T_1) \f$ for \f$ t \le T_2 \f$, then
/// \f$ x_3(t - T_2),\dots \f$
///
/// @param first  x_1: a schedule, or a number.
/// @param rest   T_1, x_2, T_2, x_3, ...: x_2 starts after T_1 steps and counts its steps from 1, x_3 starts after T_2 steps,
///               and so on. Each T is larger than the one before.
/// Errors:  E31 if the list ends with a step.
/// Source:  PyTorch's SequentialLR(milestones = T), optax's join_schedules(boundaries = T).
template <class First, class... Rest>
constexpr auto join(const First& first, const Rest&... rest) {
    constexpr bool complete = sizeof...(Rest) % 2 == 0;
    static_assert(complete, "furl[E31]: a schedule in pieces has values with steps between them; write "
                            "join(first, 1000, second). See docs/errors.md#E31");
    if constexpr (!complete || sizeof...(Rest) == 0) {
        return as_expression(first);
    } else {
        return [&](const auto& end, const auto&... others) {
            return select(step <= end, first, detail::from_step(end, others...));
        }(rest...);
    }
}

/// A linear warm-up, then a schedule.
///
/// \f$ a_0 + (a - a_0)\, s / W \f$ for \f$ s < W \f$, then x, which counts from 1
///
/// @param peak   a: the value that the line would reach at s = W, where x begins; usually the first value of x.
/// @param steps  W. With 0 there is no warm-up.
/// @param after  x: a schedule, or a number.
/// @param from   a_0: the value of the first step; 0 unless given, so the first step updates only states. For a line that
///               reaches a in the last step of the warm-up, (s + 1) a / W as in llm.c, write
///               `join(linear(peak / W, peak, W - 1), W, after)`.
/// Source:  Goyal et al. 2017, section 2.2; optax's warmup_cosine_decay_schedule and the like, PyTorch's LinearLR
///          in a SequentialLR, Hugging Face's get_cosine_schedule_with_warmup.
template <class Peak, class Steps, class After, class From = double>
constexpr auto linear_warmup(const Peak& peak, const Steps& steps, const After& after, const From& from = 0.0) {
    return join(linear(from, peak, steps), steps, after);
}

/// Constant pieces: piecewise_constant(0.1, 30'000, 0.01, 60'000, 0.001).
///
/// \f$ v_1 \f$ for \f$ s < T_1 \f$, then \f$ v_2 \f$ for \f$ s < T_2 \f$, then \f$ v_3,\dots \f$
///
/// @param value  v_1: the value of the first T_1 steps.
/// @param rest   T_1, v_2, T_2, v_3, ...
/// Errors:  E31 if the list ends with a step.
/// Source:  PyTorch's MultiStepLR(milestones = T) and optax's piecewise_constant_schedule, which take factors, not
///          values. Differs from Keras's PiecewiseConstantDecay, which holds a value for T + 1 steps.
template <class Value, class... Rest>
constexpr auto piecewise_constant(const Value& value, const Rest&... rest) {
    constexpr bool complete = sizeof...(Rest) % 2 == 0;
    static_assert(complete, "furl[E31]: a schedule in pieces has values with steps between them; write "
                            "piecewise_constant(0.1, 1000, 0.01). See docs/errors.md#E31");
    if constexpr (complete) return detail::levels(value, rest...);
    else return as_expression(value);
}

/// Straight lines from point to point: piecewise_interpolated(0.0, 1'000, 1e-3, 9'000, 1e-4).
///
/// \f$ v_1 + (v_2 - v_1) \frac{s}{T_1} \f$ for \f$ s < T_1 \f$, then
/// \f$ v_2 + (v_3 - v_2) \frac{s - T_1}{T_2 - T_1},\dots \f$, and the last value from then on
///
/// @param value  v_1: the value of the first step.
/// @param rest   T_1, v_2, T_2, v_3, ...: each value is reached after that many steps. Each T is at least the last.
/// Errors:  E31 if the list ends with a step.
/// Source:  optax's piecewise_interpolate_schedule("linear"), which takes factors, not values.
template <class Value, class... Rest>
constexpr auto piecewise_interpolated(const Value& value, const Rest&... rest) {
    constexpr bool complete = sizeof...(Rest) % 2 == 0;
    static_assert(complete, "furl[E31]: a schedule in pieces has values with steps between them; write "
                            "piecewise_interpolated(0.0, 1000, 0.1). See docs/errors.md#E31");
    if constexpr (complete) return detail::path(detail::straight{}, value, rest...);
    else return as_expression(value);
}

/// Half waves of cosines from point to point, with slope 0 at each point.
///
/// \f$ v_2 + \frac{v_1 - v_2}{2} \left(1 + \cos \frac{\pi s}{T_1}\right) \f$ for \f$ s < T_1 \f$, and so on
///
/// Parameters are those of piecewise_interpolated.
/// Errors:  E31 if the list ends with a step.
/// Source:  optax's piecewise_interpolate_schedule("cosine"), which takes factors, not values.
template <class Value, class... Rest>
constexpr auto piecewise_cosine(const Value& value, const Rest&... rest) {
    constexpr bool complete = sizeof...(Rest) % 2 == 0;
    static_assert(complete, "furl[E31]: a schedule in pieces has values with steps between them; write "
                            "piecewise_cosine(0.0, 1000, 0.1). See docs/errors.md#E31");
    if constexpr (complete) return detail::path(detail::half_wave{}, value, rest...);
    else return as_expression(value);
}

/// Warm-up, stable, decay: a trapezoid.
///
/// \f$ a\, s / W \f$ for \f$ s < W \f$, then a for S steps, then a straight line down to b in D steps, then b
///
/// @param peak          a.
/// @param warmup_steps  W. With 0 there is no warm-up.
/// @param stable_steps  S. If it is a hyperparameter, the program can start the decay during the run.
/// @param decay_steps   D.
/// @param floor         b; 0 unless given.
/// Source:  Hu et al. 2024 (MiniCPM), section 4, with the linear decay of Haegele et al. 2024. Their 1 - sqrt decay is
///          `join(linear(0, a, W), W, a, W + S, a * (1 - sqrt(min((step - 1) / D, 1))))`.
template <class Peak, class Warmup, class Stable, class Decay, class Floor = double>
constexpr auto warmup_stable_decay(const Peak& peak, const Warmup& warmup_steps, const Stable& stable_steps,
                                   const Decay& decay_steps, const Floor& floor = 0.0) {
    const auto warm = detail::operand(warmup_steps);
    const auto stable = warm + detail::operand(stable_steps);
    return piecewise_interpolated(0.0, warm, peak, stable, peak, stable + detail::operand(decay_steps), floor);
}

/// A schedule, then half a wave of a cosine from the value that the schedule has reached to the learning rate of stochastic
/// weight averaging.
///
/// \f$ x \f$ for \f$ s < S \f$, then \f$ b + \frac{x_S - b}{2} \left(1 + \cos(\pi \min((s - S) / K, 1))\right) \f$,
/// where \f$ x_S \f$ is the value of x at \f$ s = S \f$
///
/// @param before  x: a schedule, or a number.
/// @param start   S: the number of steps in which x alone counts.
/// @param swa_lr  b: the value after K more steps and from then on.
/// @param steps   K: the number of steps from x_S to b. With 0 the value is b from s = S on.
/// Source:  PyTorch's SWALR(swa_lr = b, anneal_epochs = K), whose step() is called in place of x's after S + 1 steps; the
///          block furl::swa averages the weights.
template <class Before, class Start, class To, class Steps>
constexpr auto swa_annealing(const Before& before, const Start& start, const To& swa_lr, const Steps& steps) {
    const auto x = as_expression(before);
    return join(x, start, cosine(replace(x, step, start + 1), swa_lr, steps));
}

/// A schedule, then a straight line to the learning rate of stochastic weight averaging.
///
/// Parameters are those of swa_annealing.
/// Source:  PyTorch's SWALR(anneal_strategy = "linear").
template <class Before, class Start, class To, class Steps>
constexpr auto swa_annealing_linear(const Before& before, const Start& start, const To& swa_lr, const Steps& steps) {
    const auto x = as_expression(before);
    return join(x, start, linear(replace(x, step, start + 1), swa_lr, steps));
}

}  // namespace furl::schedules
