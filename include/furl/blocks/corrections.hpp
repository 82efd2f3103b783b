#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// Removes from an ema the bias of its start at zero.
///
/// \f$ \hat m_t = m_t / (1 - \beta^t) \f$
///
/// @param m  an ema that starts at 0. The correction uses the decay of the current step; if the decay changes over time, it is
///           as if the decay had always had its current value, as in PyTorch.
/// @returns  an expression of the shape of m, printed as the hat of m.
/// Cost:     1 multiplication per parameter at most. It may merge with other factors; under a root that eps is added to, none
///           is left. 1 / (1 - beta^t) is computed once a step.
/// Errors:   E06 if m is no ema.
/// Source:   Kingma & Ba 2015, section 3.
template <class M>
constexpr auto bias_corrected(const M& m) {
    const auto beta = decay(m);
    if constexpr (is_ema<M>)
        return detail::hat<typename M::name>(m / (1 - pow(beta, step)));
    else
        return beta;
}

/// Divides a by b plus a small number, which is safe where b is 0.
///
/// \f$ a / (b + \epsilon) \f$
///
/// @param a    the numerator, of any shape.
/// @param b    the denominator, of any shape; at least 0.
/// @param eps  a small positive number, in the unit of b.
/// @returns  an expression of the shape of a and b.
/// Cost:     1 addition, 1 division per parameter.
/// Source:   Kingma & Ba 2015, algorithm 1: epsilon outside the root.
template <class A, class B, class Eps>
    requires AnyExpression<A, B, Eps>
constexpr auto safe_divide(const A& a, const B& b, const Eps& eps) {
    return as_expression(a) / (as_expression(b) + as_expression(eps));
}

}  // namespace furl
