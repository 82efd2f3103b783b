#pragma once

#include <furl/blocks/schedules/sequences.hpp>

namespace FURL_NAMESPACE::schedules {

/// One cycle: up to a peak in a cosine, and down to nearly nothing in another.
///
/// From a / d at s = 0 to a at s = w T - 1 to a / (d f) at s = T - 1, in half waves; a / (d f) from then on
///
/// @param peak             a: the largest value.
/// @param steps            T: the steps of the cycle.
/// @param warmup_fraction  w: how much of the cycle goes up; 0.3 unless given.
/// @param start_divisor    d: the first value is a / d; 25 unless given.
/// @param final_divisor    f: the last value is the first / f; 1e4 unless given.
/// Source:  Smith & Topin 2019; PyTorch's OneCycleLR(max_lr = a, total_steps = T, pct_start = w, div_factor = d,
///          final_div_factor = f) and its defaults, without its momentum cycle: that is another schedule, of beta1.
///          Differs from it in that steps past T are no error. optax's cosine_onecycle_schedule peaks at w T and ends
///          at T.
template <class Peak, class Steps, class Fraction = double, class Start = double, class Final = double>
constexpr auto one_cycle(const Peak& peak, const Steps& steps, const Fraction& warmup_fraction = 0.3,
                         const Start& start_divisor = 25.0, const Final& final_divisor = 1e4) {
    const auto total = detail::operand(steps);
    const auto first = detail::operand(peak) / start_divisor;
    return piecewise_cosine(first, total * warmup_fraction - 1, peak, total - 1, first / final_divisor);
}

/// One cycle in straight lines.
///
/// Points, parameters and defaults are those of one_cycle.
/// Source:  PyTorch's OneCycleLR(anneal_strategy="linear"); Smith & Topin 2019.
template <class Peak, class Steps, class Fraction = double, class Start = double, class Final = double>
constexpr auto one_cycle_linear(const Peak& peak, const Steps& steps, const Fraction& warmup_fraction = 0.3,
                                const Start& start_divisor = 25.0, const Final& final_divisor = 1e4) {
    const auto total = detail::operand(steps);
    const auto first = detail::operand(peak) / start_divisor;
    return piecewise_interpolated(first, total * warmup_fraction - 1, peak, total - 1, first / final_divisor);
}

/// Cosines with warm restarts: each cycle falls from a to b and the next starts at a, growth times as long.
///
/// \f$ b + \frac{a - b}{2} \left(1 + \cos \frac{\pi (s - S_i)}{T_i}\right),\quad T_i = q^i\, T_0,\quad
///     S_i = T_0 + \dots + T_{i-1} \f$
///
/// @param from    a: the value at each restart.
/// @param to      b: the value that a cycle falls to; its last step is one short of it.
/// @param steps   T_0: the steps of the first cycle.
/// @param growth  q: at least 1, and 1 unless given: cycles of one length.
/// Source:  Loshchilov & Hutter 2017 (SGDR), equation 5; PyTorch's CosineAnnealingWarmRestarts(T_0, T_mult = q,
///          eta_min = b). optax's sgdr_schedule is a join of warm-ups and cosines.
template <class From, class To, class Steps, class Growth>
constexpr auto cosine_restarts(const From& from, const To& to, const Steps& steps, const Growth& growth) {
    const auto q = as_expression(growth);
    const auto cycles = detail::done / steps;  // in units of the first one
    const auto begin_of = [&](const auto& i) { return select(q > 1, (pow(q, i) - 1) / (q - 1), i); };
    // The logarithm may be off by an ULP at a restart: take the nearest restart and see on which side of it we are.
    const auto nearest = floor(select(q > 1, log1p(cycles * (q - 1)) / log(q), cycles) + 0.5);
    const auto i = select(begin_of(nearest) > cycles, nearest - 1, nearest);
    const auto fraction = (cycles - begin_of(i)) / select(q > 1, pow(q, i), 1);
    return detail::half_wave{}(detail::operand(from), detail::operand(to), fraction);
}

/// The same with cycles of one length.
template <class From, class To, class Steps>
constexpr auto cosine_restarts(const From& from, const To& to, const Steps& steps) {
    const auto cycles = detail::done / steps;
    return detail::half_wave{}(detail::operand(from), detail::operand(to), cycles - floor(cycles));
}

}  // namespace furl::schedules
