#pragma once

#include <furl/blocks/accumulators.hpp>

namespace FURL_NAMESPACE {

/// Nesterov momentum of x: it looks ahead to where the accumulator will be.
///
/// \f$ b_t = \mu b_{t-1} + x_t,\quad b_0 = 0,\quad \mathrm{nesterov}(x)_t = x_t + \mu b_t \f$
///
/// It can replace x anywhere: `replace(update, grad, nesterov<"b">(grad, 0.9))` gives any rule Nesterov momentum.
///
/// @param x   the value to accumulate: the gradient, or lr times the gradient, or a direction. Shape: n.
/// @param mu  momentum, dimensionless, in [0, 1).
/// @returns  an expression of the shape of x.
/// State:   one buffer of n values, under its name, starts at 0.
/// Cost:    1 load, 1 store, 2 fma per parameter.
/// Errors:  E03 if the rule has another state of this name.
/// Source:  Sutskever et al. 2013, in the variables of Bengio et al. 2013; PyTorch's SGD(nesterov=True), optax's
///          trace(nesterov=True). Differs from NAdam's Nesterov momentum, which looks ahead along a bias-corrected ema.
template <fixed_string Name, class X, class Mu>
constexpr auto nesterov(const X& x, const Mu& mu) {
    return as_expression(x) + as_expression(mu) * momentum<Name>(x, mu);
}

}  // namespace furl
