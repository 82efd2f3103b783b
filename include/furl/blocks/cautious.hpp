#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

namespace FURL_NAMESPACE {

/// Keeps a direction only where it agrees with the gradient: `param - lr * cautious(direction)`.
///
/// \f$ d_i\, \frac{\phi_i}{\max(\mathrm{mean}(\phi), 10^{-3})},\quad \phi_i = [d_i\, g_i > 0] \f$
///
/// @param direction  d: the rule subtracts lr times d from the parameter. Shape: n.
/// @returns  an expression of the shape of d. The elements that are kept are divided by their share, so by at least 1/1000.
/// Cost:    1 more pass over memory, which reads and computes d; 2 multiplications, 1 sign, 1 comparison, 1 select a parameter.
/// Source:  Liang, Chen, Liu & Liu 2024, algorithm 1, with the mean of kyleliang919/C-Optim; others divide by
///          mean + 1/n.
template <Expression D>
constexpr auto cautious(const D& direction) {
    const auto agrees = select(direction * sign(grad) > 0, 1.0, 0.0);
    return direction * (agrees / max(mean(agrees), 1e-3));
}

}  // namespace furl
