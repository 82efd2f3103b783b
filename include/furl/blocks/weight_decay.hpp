#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>

// Five ways to add weight decay to any update. In each, decay is a number, a hyperparameter, or a value per parameter:
// `hyper<"weight_decay">(0.01) * input<"mask">` decays only the parameters whose mask is 1. A decay of 0 changes no bit.
namespace FURL_NAMESPACE {

/// Coupled weight decay: an L2 penalty, whose gradient joins that of the loss.
///
/// \f$ g_t \leftarrow g_t + \lambda\, \theta_{t-1} \f$
///
/// @param update  a rule's update.
/// @param decay   lambda: in the unit of gradient per parameter; at least 0.
/// @returns  an expression of the shape of the update. The rule's states see the penalty too.
/// Cost:    1 fma per parameter.
/// Source:  the weight_decay of every torch.optim optimizer except AdamW; optax's add_decayed_weights, first in the chain.
template <Expression Update, class Decay>
constexpr auto coupled_weight_decay(const Update& update, const Decay& decay) {
    return replace(update, grad, grad + as_expression(decay) * param);
}

/// Decoupled weight decay: the parameter itself shrinks, in proportion to the learning rate.
///
/// \f$ \theta_{t-1} \leftarrow (1 - \eta\lambda)\, \theta_{t-1} \f$
///
/// @param update  a rule's update. Everything in it that reads the parameter reads the shrunk one.
/// @param lr      eta: the learning rate, with its schedule.
/// @param decay   lambda: 1 / (unit of lr); at least 0. Optimizers whose names end in C ("corrected") use
///                `decay * lr / lr_max` instead.
/// @returns  an expression of the shape of the update.
/// Cost:    1 multiplication per parameter; 1 - lr decay is computed once a step.
/// Source:  Loshchilov & Hutter 2019, with the decay times lr as in PyTorch's and optax's AdamW:
///          decoupled_weight_decay(adam::update, lr, decay) is zoo::adamw. Differs from optax if the rule has norms of the
///          parameter, which optax takes before the parameter shrinks.
template <Expression Update, class LearningRate, class Decay>
constexpr auto decoupled_weight_decay(const Update& update, const LearningRate& lr, const Decay& decay) {
    return replace(update, param, param * (1 - as_expression(lr) * as_expression(decay)));
}

/// Independent weight decay: the parameter shrinks at a rate of its own, independent of the learning rate.
///
/// \f$ \theta_{t-1} \leftarrow (1 - \lambda)\, \theta_{t-1} \f$
///
/// @param update  a rule's update. Everything in it that reads the parameter reads the shrunk one.
/// @param decay   lambda: dimensionless, in [0, 1): about lr times the decay of decoupled_weight_decay. It may be a schedule.
/// @returns  an expression of the shape of the update.
/// Cost:    1 multiplication per parameter; 1 - decay is computed once a step.
/// Source:  Loshchilov & Hutter 2019, algorithm 2 (their eta is a schedule beside lr); optimi's decouple_lr=True.
template <Expression Update, class Decay>
constexpr auto independent_weight_decay(const Update& update, const Decay& decay) {
    return replace(update, param, param * (1 - as_expression(decay)));
}

/// Cautious weight decay: a parameter shrinks only in steps that move it towards 0 or do not move it.
///
/// \f$ \theta_t = u_t - \eta\lambda\, [(\theta_{t-1} - u_t)\, \theta_{t-1} \ge 0]\; \theta_{t-1} \f$
///
/// @param update  u: a rule's update, without decay.
/// @param lr      eta: the learning rate, with its schedule.
/// @param decay   lambda: 1 / (unit of lr); at least 0.
/// @returns  an expression of the shape of the update.
/// Cost:    1 subtraction, 2 multiplications, 1 sign, 1 comparison, 1 select, 1 subtraction per parameter.
/// Source:  Chen et al. 2025 (arXiv 2510.12402). The sign of the direction is taken from the update, so a step that
///          is lost to rounding counts as agreeing.
template <Expression Update, class LearningRate, class Decay>
constexpr auto cautious_weight_decay(const Update& update, const LearningRate& lr, const Decay& decay) {
    const auto shrinkage = as_expression(lr) * as_expression(decay) * param;
    return update - select((param - update) * sign(param) >= 0, shrinkage, 0.0);
}

/// Proximal weight decay: the penalty is taken at the new parameter, not at the old one.
///
/// \f$ \theta_t = \frac{u_t}{1 + \eta\lambda} \f$
///
/// @param update  u: a rule's update, without decay.
/// @param lr      eta: the learning rate, with its schedule.
/// @param decay   lambda: 1 / (unit of lr); at least 0. However large it is, the decay is stable.
/// @returns  an expression of the shape of the update.
/// Cost:    1 multiplication per parameter; 1 / (1 + lr decay) is computed once a step.
/// Source:  Xie et al. 2022 (Adan), algorithm 1; Zhuang et al. 2022.
template <Expression Update, class LearningRate, class Decay>
constexpr auto proximal_weight_decay(const Update& update, const LearningRate& lr, const Decay& decay) {
    return update / (1 + as_expression(lr) * as_expression(decay));
}

}  // namespace furl
