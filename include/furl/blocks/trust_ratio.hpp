#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

namespace FURL_NAMESPACE {

/// The trust ratio of a direction: how far the tensor may go, by its own length.
///
/// \f$ \rho = \frac{\eta\,\lVert\theta\rVert}{\lVert d\rVert + \epsilon} \f$, or 1 where either norm is 0
///
/// LAMB is `param - lr * trust_ratio(d) * d`, where d is Adam's direction plus weight_decay * param; name d with let or
/// use scaled_by_trust_ratio, as it stands there twice.
///
/// @param direction    d, before the learning rate: an intermediate of the rule. Shape: n.
/// @param coefficient  the trust coefficient, dimensionless: 1 in LAMB, 1e-3 in LARS.
/// @param eps          at least 0, of the unit of d. An expression, say `weight_decay * norm(param) + 1e-8` for the
///                     LARS that takes the norm of the bare gradient.
/// @returns  an expression. Shape: one value per tensor.
/// Cost:    1 more pass over memory, that reads; nothing in the last one.
/// Source:  You, Gitman & Ginsburg 2017 (LARS), You et al. 2020 (LAMB) with phi(z) = z; optax's scale_by_trust_ratio
///          with min_norm = 0.
template <Expression D, class Coefficient = double, class Eps = double>
constexpr auto trust_ratio(const D& direction, const Coefficient& coefficient = 1.0, const Eps& eps = 0.0) {
    const auto weights = norm(param);
    const auto length = norm(direction);
    return select(weights > 0 && length > 0, as_expression(coefficient) * weights / (length + as_expression(eps)), 1);
}

/// A direction times its trust ratio: `param - lr * scaled_by_trust_ratio(direction)`.
///
/// \f$ \rho\, d \f$
///
/// Its parameters are those of trust_ratio.
/// @returns  an expression of the shape of the direction.
/// Cost:    that of trust_ratio, and 1 multiplication per parameter.
/// Source:  that of trust_ratio.
template <Expression D, class Coefficient = double, class Eps = double>
constexpr auto scaled_by_trust_ratio(const D& direction, const Coefficient& coefficient = 1.0, const Eps& eps = 0.0) {
    return trust_ratio(direction, coefficient, eps) * direction;
}

/// An update whose step is as long as the trust ratio says: of adamw's it makes LAMB, of sgd's LARS without momentum.
///
/// \f$ \theta_t = \theta_{t-1} - \rho\, (\theta_{t-1} - u_t),\quad d = (\theta_{t-1} - u_t) / \eta \f$
///
/// @param update       u: a rule's update.
/// @param lr           the learning rate that the update has its step times: d is the direction before it.
/// @param coefficient  as of trust_ratio.
/// @param eps          as of trust_ratio.
/// @returns  an expression of the shape of the update.
/// Cost:    1 more pass over memory, that reads and computes all of the update but the stores; 1 subtraction, 1 fma per
///          parameter.
/// Source:  You et al. 2020. The step is taken back from the update by a subtraction, so it has the rounding of the
///          parameter: a rule of one's own that has the direction does better with scaled_by_trust_ratio.
template <Expression Update, class LearningRate, class Coefficient = double, class Eps = double>
constexpr auto with_trust_ratio(const Update& update, const LearningRate& lr, const Coefficient& coefficient = 1.0,
                                const Eps& eps = 0.0) {
    return param - trust_ratio((param - update) / lr, coefficient, eps) * (param - update);
}

}  // namespace furl
