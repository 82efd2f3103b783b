#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// Momentum: a decaying sum of x.
///
/// \f$ b_t = \mu b_{t-1} + x_t,\quad b_0 = 0 \f$
///
/// @param x   the value to accumulate: the gradient, or lr times the gradient. Shape: n.
/// @param mu  momentum, dimensionless, in [0, 1).
/// @returns  a state; its value is b_t.
/// State:   one buffer of n values, under its name, starts at 0.
/// Cost:    1 load, 1 store, 1 fma per parameter.
/// Source:  Polyak 1964; Sutskever et al. 2013, equation 1.
template <fixed_string Name, Operand X, Operand Mu>
constexpr auto momentum(const X& x, const Mu& mu) {
    detail::require_order<X, Mu>();
    const auto input = as_expression(x);
    const auto weight = as_expression(mu);
    return state<Name>(0.0, [&](auto old) { return weight * old + input; });
}

/// Error E28.
constexpr refused momentum(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

/// The sum of x over all steps.
///
/// \f$ s_t = s_{t-1} + x_t,\quad s_0 = \mathit{initial} \f$
///
/// @param x        the value to add. Shape: n.
/// @param initial  s_0, in the unit of x; 0 unless given.
/// @returns  a state; its value is s_t.
/// State:   one buffer of n values, under its name.
/// Cost:    1 load, 1 store, 1 addition per parameter.
/// Source:  Duchi, Hazan & Singer 2011 (the accumulator of AdaGrad).
template <fixed_string Name, Operand X, Operand Initial = double>
constexpr auto accumulate(const X& x, const Initial& initial = 0.0) {
    const auto input = as_expression(x);
    return state<Name>(initial, [&](auto old) { return old + input; });
}

/// Error E28.
constexpr refused accumulate(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

/// The largest x of all steps.
///
/// \f$ u_t = \max(u_{t-1}, x_t),\quad u_0 = \mathit{initial} \f$
///
/// @param x        the value to compare. Shape: n.
/// @param initial  u_0, in the unit of x; 0 unless given.
/// @returns  a state; its value is u_t.
/// State:   one buffer of n values, under its name.
/// Cost:    1 load, 1 store, 1 maximum per parameter.
/// Source:  Reddi, Kale & Kumar 2018, algorithm 2 (AMSGrad).
template <fixed_string Name, Operand X, Operand Initial = double>
constexpr auto running_max(const X& x, const Initial& initial = 0.0) {
    const auto input = as_expression(x);
    return state<Name>(initial, [&](auto old) { return max(old, input); });
}

/// Error E28.
constexpr refused running_max(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

/// The value that x had one step ago.
///
/// \f$ d_t = x_{t-1},\quad d_1 = \mathit{initial} \f$
///
/// @param x        the value to remember. Shape: n.
/// @param initial  the value in the first step, in the unit of x; 0 unless given.
/// @returns  an expression of the shape of x.
/// State:   one buffer of n values, under its name, that holds x.
/// Cost:    1 load, 1 store per parameter.
/// Source:  rules with two gradients use it: Adan (Xie et al. 2022), diffGrad (Dubey et al. 2019).
template <fixed_string Name, Operand X, Operand Initial = double>
constexpr auto delay(const X& x, const Initial& initial = 0.0) {
    const auto input = as_expression(x);
    return previous(state<Name>(initial, [&](auto) { return input; }));
}

/// Error E28.
constexpr refused delay(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

}  // namespace furl
