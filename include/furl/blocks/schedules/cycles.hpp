#pragma once

#include <furl/blocks/schedules/sequences.hpp>

namespace FURL_NAMESPACE::schedules {

namespace detail {

// Goes from first to peak at s = w T - 1, where w may be 1, and then to last at s = T - 1.
template <class Shape, class Peak, class Steps, class Fraction, class Start, class Final>
constexpr auto up_and_down(Shape shape, const Peak& peak, const Steps& steps, const Fraction& warmup_fraction,
                           const Start& start_divisor, const Final& final_divisor) {
    const auto end = operand(steps) - 1;
    const auto top = operand(steps) * warmup_fraction - 1;
    const auto first = operand(peak) / start_divisor;
    const auto down = select(done <= top, 0.0, select(done < end, (done - top) / (end - top), 1.0));
    return select(done < top, shape(first, operand(peak), done / top), shape(operand(peak), first / final_divisor, down));
}

}  // namespace detail

/// One cycle: the value rises to a peak along a cosine, and falls to nearly 0 along another one.
///
/// It goes from a / d at s = 0 to a at s = w T - 1 and to a / (d f) at s = T - 1, in half waves of a cosine, and stays at
/// a / (d f). For w = 1 the value at s = T - 1 is a.
///
/// @param peak             a: the largest value.
/// @param steps            T: the steps of the cycle.
/// @param warmup_fraction  w: the fraction of the cycle in which the value rises; 0.3 unless given.
/// @param start_divisor    d: the first value is a / d; 25 unless given.
/// @param final_divisor    f: the last value is the first / f; 1e4 unless given.
/// Source:  Smith & Topin 2019; PyTorch's OneCycleLR(max_lr = a, total_steps = T, pct_start = w, div_factor = d,
///          final_div_factor = f) and its defaults, without its momentum cycle: that is one_cycle_momentum.
///          Differs from it in that steps past T are no error. optax's cosine_onecycle_schedule peaks at w T and ends
///          at T.
template <class Peak, class Steps, class Fraction = double, class Start = double, class Final = double>
constexpr auto one_cycle(const Peak& peak, const Steps& steps, const Fraction& warmup_fraction = 0.3,
                         const Start& start_divisor = 25.0, const Final& final_divisor = 1e4) {
    return detail::up_and_down(detail::half_wave{}, peak, steps, warmup_fraction, start_divisor, final_divisor);
}

/// One cycle in straight lines.
///
/// Points, parameters and defaults are those of one_cycle.
/// Source:  PyTorch's OneCycleLR(anneal_strategy="linear"); Smith & Topin 2019.
template <class Peak, class Steps, class Fraction = double, class Start = double, class Final = double>
constexpr auto one_cycle_linear(const Peak& peak, const Steps& steps, const Fraction& warmup_fraction = 0.3,
                                const Start& start_divisor = 25.0, const Final& final_divisor = 1e4) {
    return detail::up_and_down(detail::straight{}, peak, steps, warmup_fraction, start_divisor, final_divisor);
}

/// Cosines with warm restarts: each cycle falls from a to b, and the next one starts at a and is q times as long.
///
/// \f$ b + \frac{a - b}{2} \left(1 + \cos \frac{\pi (s - S_i)}{T_i}\right),\quad T_i = q^i\, T_0,\quad
///     S_i = T_0 + \dots + T_{i-1} \f$
///
/// @param from    a: the value at each restart.
/// @param to      b: the value that a cycle falls to; the next cycle starts in the step that would reach it.
/// @param steps   T_0: the number of steps in the first cycle.
/// @param growth  q: at least 1; 1 unless given, which makes all cycles equally long.
/// Source:  Loshchilov & Hutter 2017 (SGDR), equation 5; PyTorch's CosineAnnealingWarmRestarts(T_0, T_mult = q,
///          eta_min = b). optax's sgdr_schedule is a join of warm-ups and cosines.
template <class From, class To, class Steps, class Growth>
constexpr auto cosine_restarts(const From& from, const To& to, const Steps& steps, const Growth& growth) {
    const auto q = as_expression(growth);
    const auto cycles = detail::done / steps;  // in units of the first cycle
    const auto begin_of = [&](const auto& i) { return select(q > 1, (pow(q, i) - 1) / (q - 1), i); };
    // The logarithm may be off by an ULP at a restart, so take the nearest restart and test whether it has been reached.
    const auto nearest = floor(select(q > 1, log1p(cycles * (q - 1)) / log(q), cycles) + 0.5);
    const auto i = select(begin_of(nearest) > cycles, nearest - 1, nearest);
    const auto fraction = (cycles - begin_of(i)) / select(q > 1, pow(q, i), 1);
    return detail::half_wave{}(detail::operand(from), detail::operand(to), fraction);
}

/// Cosines with warm restarts whose cycles are equally long.
template <class From, class To, class Steps>
constexpr auto cosine_restarts(const From& from, const To& to, const Steps& steps) {
    const auto cycles = detail::done / steps;
    return detail::half_wave{}(detail::operand(from), detail::operand(to), cycles - floor(cycles));
}

/// One cycle of three phases: the value rises to a peak, falls back to the start in as many steps, and then falls to nearly 0.
///
/// It goes from a / d at s = 0 to a at s = w T - 1, to a / d at s = 2 w T - 2 and to a / (d f) at s = T - 1, in half waves of a
/// cosine, and stays at a / (d f).
///
/// Parameters and defaults are those of one_cycle; w is at most 0.5, so that there is a third phase.
/// Source:  PyTorch's OneCycleLR(three_phase=True), as one_cycle says; fastai's older one cycle.
template <class Peak, class Steps, class Fraction = double, class Start = double, class Final = double>
constexpr auto one_cycle_three_phase(const Peak& peak, const Steps& steps, const Fraction& warmup_fraction = 0.3,
                                     const Start& start_divisor = 25.0, const Final& final_divisor = 1e4) {
    const auto total = detail::operand(steps);
    const auto up = total * warmup_fraction - 1;
    const auto first = detail::operand(peak) / start_divisor;
    return piecewise_cosine(first, up, peak, 2 * up, first, total - 1, first / final_divisor);
}

/// One cycle of three phases in straight lines.
///
/// Points, parameters and defaults are those of one_cycle_three_phase.
/// Source:  PyTorch's OneCycleLR(three_phase=True, anneal_strategy="linear"); Smith & Topin 2019.
template <class Peak, class Steps, class Fraction = double, class Start = double, class Final = double>
constexpr auto one_cycle_three_phase_linear(const Peak& peak, const Steps& steps, const Fraction& warmup_fraction = 0.3,
                                            const Start& start_divisor = 25.0, const Final& final_divisor = 1e4) {
    const auto total = detail::operand(steps);
    const auto up = total * warmup_fraction - 1;
    const auto first = detail::operand(peak) / start_divisor;
    return piecewise_interpolated(first, up, peak, 2 * up, first, total - 1, first / final_divisor);
}

/// The momentum of one cycle, which is low while the learning rate is high. It replaces a momentum, or Adam's beta1.
///
/// It goes from h at s = 0 to l at s = w T - 1 and back to h at s = T - 1, in half waves of a cosine, and stays at h.
///
/// @param steps            T: the steps of the cycle.
/// @param warmup_fraction  w, below 1: the fraction of the cycle in which the momentum falls; 0.3 unless given.
/// @param low              l: the least value; 0.85 unless given.
/// @param high             h: the largest value; 0.95 unless given.
/// Source:  Smith & Topin 2019; PyTorch's OneCycleLR(pct_start = w, base_momentum = l, max_momentum = h). Its linear one is
///          `piecewise_interpolated(h, w * T - 1, l, T - 1, h)`.
template <class Steps, class Fraction = double, class Low = double, class High = double>
constexpr auto one_cycle_momentum(const Steps& steps, const Fraction& warmup_fraction = 0.3, const Low& low = 0.85,
                                  const High& high = 0.95) {
    const auto height = one_cycle(1.0, steps, warmup_fraction, 1e300);  // from 0 to 1 and back to 0
    return detail::operand(high) - (detail::operand(high) - detail::operand(low)) * height;
}

/// The momentum of one cycle of three phases, which is back at h from s = 2 w T - 2 on.
///
/// Parameters and defaults are those of one_cycle_momentum; w is at most 0.5.
/// Source:  PyTorch's OneCycleLR(three_phase=True). Its linear one is
///          `piecewise_interpolated(h, w * T - 1, l, 2 * (w * T - 1), h)`.
template <class Steps, class Fraction = double, class Low = double, class High = double>
constexpr auto one_cycle_three_phase_momentum(const Steps& steps, const Fraction& warmup_fraction = 0.3,
                                              const Low& low = 0.85, const High& high = 0.95) {
    const auto up = detail::operand(steps) * warmup_fraction - 1;
    return piecewise_cosine(high, up, low, 2 * up, high);
}

namespace detail {

// The height of a triangle wave, from 0 to 1 and back, with a period of up + down steps.
template <class Up, class Down>
constexpr auto triangle(const Up& up, const Down& down) {
    const auto rise = operand(up);
    const auto fall = operand(down);
    const auto position = done - (rise + fall) * floor(done / (rise + fall));
    return select(position < rise, position / rise, (rise + fall - position) / fall);
}

template <class Low, class High, class Height>
constexpr auto between(const Low& low, const High& high, const Height& height) {
    return straight{}(operand(low), operand(high), height);
}

}  // namespace detail

/// A triangle wave: the value rises from l to h and falls again, in straight lines, without an end.
///
/// \f$ l + (h - l)\, z_t \f$, where \f$ z \f$ goes from 0 to 1 in U steps and back to 0 in D steps, again and again
///
/// For a momentum that is high while the learning rate is low, swap l and h.
///
/// @param low         l: the value of the first step of a cycle.
/// @param high        h: the value after U steps of a cycle.
/// @param up_steps    U.
/// @param down_steps  D; U unless given.
/// Source:  Smith 2017; PyTorch's CyclicLR(base_lr = l, max_lr = h, step_size_up = U, step_size_down = D), and its momentum:
///          triangular(max_momentum, base_momentum, U, D). PyTorch's scale_fn corresponds to
///          `l + (h - l) * scale * triangular(0.0, 1.0, U, D)`.
template <class Low, class High, class Up, class Down>
constexpr auto triangular(const Low& low, const High& high, const Up& up_steps, const Down& down_steps) {
    return detail::between(low, high, detail::triangle(up_steps, down_steps));
}
template <class Low, class High, class Up>
constexpr auto triangular(const Low& low, const High& high, const Up& up_steps) {
    return triangular(low, high, up_steps, up_steps);
}

/// A triangle wave in which each triangle is half as high as the one before.
///
/// \f$ l + (h - l)\, z_t\, 2^{-\lfloor s / (U + D) \rfloor} \f$
///
/// Parameters are those of triangular.
/// Source:  Smith 2017; PyTorch's CyclicLR(mode="triangular2").
template <class Low, class High, class Up, class Down>
constexpr auto triangular2(const Low& low, const High& high, const Up& up_steps, const Down& down_steps) {
    const auto cycle = floor(detail::done / (detail::operand(up_steps) + detail::operand(down_steps)));
    return detail::between(low, high, detail::triangle(up_steps, down_steps) * pow(0.5, cycle));
}
template <class Low, class High, class Up>
constexpr auto triangular2(const Low& low, const High& high, const Up& up_steps) {
    return triangular2(low, high, up_steps, up_steps);
}

/// A triangle wave whose height decays from step to step.
///
/// \f$ l + (h - l)\, z_t\, \gamma^s \f$
///
/// @param low         l: the value of the first step of a cycle.
/// @param high        h: the value that the first cycle would reach without the decay.
/// @param gamma       the factor of each step.
/// @param up_steps    U.
/// @param down_steps  D; U unless given.
/// Source:  Smith 2017; PyTorch's CyclicLR(mode="exp_range", gamma=...).
template <class Low, class High, class Gamma, class Up, class Down>
constexpr auto exp_range(const Low& low, const High& high, const Gamma& gamma, const Up& up_steps,
                         const Down& down_steps) {
    return detail::between(low, high, detail::triangle(up_steps, down_steps) * pow(gamma, detail::done));
}
template <class Low, class High, class Gamma, class Up>
constexpr auto exp_range(const Low& low, const High& high, const Gamma& gamma, const Up& up_steps) {
    return exp_range(low, high, gamma, up_steps, up_steps);
}

}  // namespace furl::schedules
