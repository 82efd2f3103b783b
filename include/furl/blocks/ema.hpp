#pragma once

#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// Exponential moving average of x.
///
/// \f$ m_t = \beta m_{t-1} + (1-\beta)\, x_t,\quad m_0 = \mathit{initial} \f$
///
/// @param x        the value to average. Shape: one value per parameter (n), per tensor or per step.
/// @param beta     decay, dimensionless, in [0, 1).
/// @param initial  m_0; 0 unless given.
/// @returns  an expression; it evaluates nothing.
/// State:    one buffer of the shape of x, under its name.
/// Cost:     1 load, 1 store, 1 multiplication, 1 fma per parameter.
/// Errors:   E01 if x is no expression.
/// Source:   Kingma & Ba 2015, algorithm 1. PyTorch computes lerp(m, g, 1-beta): same value, other rounding.
template <fixed_string Name, Operand X, Operand Beta, Operand Initial = double>
constexpr auto ema(const X& x, const Beta& beta, const Initial& initial = 0.0) {
    detail::require_order<X, Beta>();
    const auto input = as_expression(x);
    const auto weight = as_expression(beta);
    return state<Name>(initial, [&](auto old) { return weight * old + (1 - weight) * input; }, beta);
}

/// Error E28.
constexpr refused ema(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

}  // namespace furl
