#pragma once

#include <furl/blocks/derivative.hpp>
#include <furl/language/functions.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

// Rules that learn a hyperparameter, usually the learning rate, while they run. A program includes this header by itself.
namespace FURL_NAMESPACE {

namespace detail {

// Replaces a hyperparameter by a state, of which next(old, derivative) is the new value; `derivative` is that of the last update.
template <fixed_string Name, fixed_string Derivative, Expression Update, class Hyper, class Next>
constexpr auto learned(const Update& update, const Hyper& h, const Next& next) {
    if constexpr (require_hyperparameter<Hyper>()) {
        const auto value = state<Name>(h, [&](auto old) { return next(old, old_value<name<Derivative>>{}); });
        const auto change = state<Derivative>(0.0, [&](auto) { return partial_derivative(update, h); });
        return replace(with(update, change), h, value);
    } else {
        return refused{};
    }
}

}  // namespace detail

/// Hypergradient descent: the rule learns its learning rate by gradient descent on the loss after each step.
///
/// \f$ \eta_t = \eta_{t-1} - \kappa\, \left\langle g_t, \frac{\partial u_{t-1}}{\partial \eta}\right\rangle,\quad
///     \theta_t = u_t(\eta_t),\quad \eta_0 = \mathit{lr},\quad \frac{\partial u_0}{\partial \eta} = 0 \f$
///
/// The inner product, over all tensors together, is the derivative of the loss with respect to the learning rate of the last step,
/// with the states before that step as they were. For `param - lr * d` the derivative of the update is -d, so the learning rate
/// grows while the gradient points along the last direction. Nothing keeps it positive: choose a kappa that is small against
/// \f$ \eta / \lVert g\rVert^2 \f$, or use the multiplicative form.
///
/// @tparam Name        the name of the learning rate: "learned_lr" unless given.
/// @tparam Derivative  the name of the derivative of the last update: "du_dlr" unless given.
/// @param update  u: a rule's update.
/// @param lr      the hyperparameter to learn; what it is set to before the first step is where it starts.
/// @param kappa   the rate at which it is learned (beta in the paper), of the unit of lr^2 over the loss.
/// @returns  an expression of the shape of the update.
/// State:   one number, the learning rate, and one buffer of n values, under their names.
/// Cost:    1 more pass over memory, which reads the gradient and the derivative; 1 store per parameter. A rule that has a pass
///          for reductions over all tensors already shares it.
/// Errors:  E54 if lr is no hyperparameter, or the update depends on it through a function of a matrix, such as orthogonalize.
/// Source:  Baydin, Cornish, Martinez Rubio, Schmidt & Wood 2018, algorithms 4 to 6: SGD-HD, SGDN-HD and Adam-HD are this block
///          on sgd, sgd_nesterov and adam. The authors' AdamHD (gbaydin/hypergradient-descent) adds the inner product of one tensor
///          after the other, so later tensors of a step see another rate, and has its eps where adam_eps_hat has it.
template <fixed_string Name = "learned_lr", fixed_string Derivative = "du_dlr", Expression Update, class Lr, class Kappa>
constexpr auto hypergradient_descent(const Update& update, const Lr& lr, const Kappa& kappa) {
    return detail::learned<Name, Derivative>(update, lr, [&](auto old, auto derivative) {
        return old - kappa * global(dot(grad, derivative));
    });
}

/// Hypergradient descent whose steps are in proportion to the learning rate and do not depend on the scale of the loss.
///
/// \f$ \eta_t = \eta_{t-1} \left(1 - \kappa\, \frac{\langle g_t, \partial u_{t-1} / \partial \eta\rangle}
///     {\lVert g_t\rVert\, \lVert \partial u_{t-1} / \partial \eta\rVert}\right) \f$
///
/// The quotient is the cosine of an angle, between -1 and 1, and counts as 0 where a norm is 0. With kappa < 1 the learning rate
/// stays positive.
///
/// @tparam Name        as above.
/// @tparam Derivative  as above.
/// @param update  as above.
/// @param lr      as above.
/// @param kappa   the largest relative change in a step, dimensionless.
/// @returns  an expression of the shape of the update.
/// State:   that of hypergradient_descent.
/// Cost:    that of hypergradient_descent.
/// Errors:  those of hypergradient_descent.
/// Source:  Baydin et al. 2018, the multiplicative rule. The case of a norm of 0 is ours.
template <fixed_string Name = "learned_lr", fixed_string Derivative = "du_dlr", Expression Update, class Lr, class Kappa>
constexpr auto multiplicative_hypergradient_descent(const Update& update, const Lr& lr, const Kappa& kappa) {
    return detail::learned<Name, Derivative>(update, lr, [&](auto old, auto derivative) {
        const auto norms = global(norm(grad)) * global(norm(derivative));
        return old * (1 - kappa * select(norms > 0, global(dot(grad, derivative)) / norms, 0));
    });
}

}  // namespace furl
