#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

namespace FURL_NAMESPACE {

/// The trust ratio of a direction: the norm of the tensor over the norm of the direction.
///
/// \f$ \rho = \frac{\eta\,\lVert\theta\rVert}{\lVert d\rVert + \epsilon} \f$, or 1 where either norm is 0
///
/// LAMB is `param - lr * trust_ratio(d) * d`, where d is Adam's direction plus weight_decay * param. Since d occurs twice
/// there, name it with let or use scaled_by_trust_ratio.
///
/// @param direction    d, before the learning rate: an intermediate value of the rule. Shape: n.
/// @param coefficient  the trust coefficient, dimensionless: 1 in LAMB, 1e-3 in LARS.
/// @param eps          at least 0, in the unit of d. It may be an expression, such as `weight_decay * norm(param) + 1e-8` for
///                     the LARS that takes the norm of the bare gradient.
/// @returns  an expression. Shape: one value per tensor.
/// Cost:    1 more pass over memory, which only reads; nothing in the last pass.
/// Source:  You, Gitman & Ginsburg 2017 (LARS), You et al. 2020 (LAMB) with phi(z) = z; optax's scale_by_trust_ratio
///          with min_norm = 0.
template <Expression D, class Coefficient = double, class Eps = double>
constexpr auto trust_ratio(const D& direction, const Coefficient& coefficient = 1.0, const Eps& eps = 0.0) {
    const auto weights = norm(param);
    const auto length = norm(direction);
    return select(weights > 0 && length > 0, as_expression(coefficient) * weights / (length + as_expression(eps)), 1);
}

/// Multiplies a direction by its trust ratio: `param - lr * scaled_by_trust_ratio(direction)`.
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

/// Scales the step of an update by the trust ratio: adamw's update becomes LAMB, sgd's becomes LARS without momentum.
///
/// \f$ \theta_t = \theta_{t-1} - \rho\, (\theta_{t-1} - u_t),\quad d = (\theta_{t-1} - u_t) / \eta \f$
///
/// @param update       u: a rule's update.
/// @param lr           the learning rate that the update multiplies its direction d by.
/// @param coefficient  as in trust_ratio.
/// @param eps          as in trust_ratio.
/// @returns  an expression of the shape of the update.
/// Cost:    1 more pass over memory, which computes the whole update and stores nothing; 1 subtraction, 1 fma per parameter.
/// Source:  You et al. 2020. The step is recovered from the update by a subtraction, so it has the rounding of the
///          parameter. A rule of your own that has the direction is more exact with scaled_by_trust_ratio.
template <Expression Update, class LearningRate, class Coefficient = double, class Eps = double>
constexpr auto with_trust_ratio(const Update& update, const LearningRate& lr, const Coefficient& coefficient = 1.0,
                                const Eps& eps = 0.0) {
    return param - trust_ratio((param - update) / lr, coefficient, eps) * (param - update);
}

}  // namespace furl
