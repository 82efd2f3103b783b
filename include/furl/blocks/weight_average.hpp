#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/named.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/state.hpp>

// Averages of the weights, which are computed in the same pass as the update: `opt.state("weight_ema")`. They do not influence
// the training.
namespace FURL_NAMESPACE {

/// An exponential moving average of the weights.
///
/// \f$ a_t = a_{t-1} + (1 - \beta)\, (\theta_t - a_{t-1}),\quad a_1 = \theta_1 \f$
///
/// It is a lerp, not beta a + (1-beta) theta: beta and 1-beta, rounded to float, do not add up to 1, and for 0.9999 the
/// average would have a relative error of 3e-4.
///
/// @tparam Name   the name of the average: "weight_ema" unless given.
/// @param update  a rule's update.
/// @param decay   beta: dimensionless, in [0, 1). TensorFlow's num_updates is
///                `min(0.9999, (1 + step) / (10 + step))`.
/// @returns  an expression of the value of the update.
/// State:   one buffer of n values, under its name, that starts at the parameters after the tensor's first step.
/// Cost:    1 load, 1 store, 1 subtraction, 1 fma per parameter.
/// Source:  Polyak & Juditsky 1992; PyTorch's AveragedModel with get_ema_avg_fn(decay). Differs from optax's ema in
///          that it needs no debiasing.
template <fixed_string Name = "weight_ema", Expression Update, class Decay>
constexpr auto weight_ema(const Update& update, const Decay& decay) {
    const auto weight = select(first_step, 1, 1 - as_expression(decay));
    return with(update, state<Name>(0.0, [&](auto old) { return lerp(old, updated, weight); }));
}

/// Stochastic weight averaging: the mean of the weights from a step on.
///
/// \f$ a_t = a_{t-1} + \frac{1}{n}\, (\theta_t - a_{t-1}) \f$ at steps \f$ t = t_0, t_0 + c, t_0 + 2c, \dots \f$, the
/// n-th of them; before \f$ t_0 \f$, and in the tensor's first step, \f$ a_t = \theta_t \f$
///
/// @tparam Name   the name of the average: "swa" unless given.
/// @param update  a rule's update.
/// @param start   t_0: the first step that enters the mean, at least 1.
/// @param cycle   c: the number of steps from one that enters the mean to the next; 1 unless given, for all steps.
/// @returns  an expression of the value of the update.
/// State:   one buffer of n values, under its name.
/// Cost:    1 load, 1 store, 1 subtraction, 1 fma, 1 select per parameter.
/// Source:  Izmailov et al. 2018, algorithm 1; PyTorch's AveragedModel. The running mean and variance of batch
///          normalization belong to the model: compute them again for the averaged weights.
template <fixed_string Name = "swa", Expression Update, class Start = double, class Cycle = double>
constexpr auto swa(const Update& update, const Start& start = 1.0, const Cycle& cycle = 1.0) {
    const auto first = as_expression(start);
    const auto period = as_expression(cycle);
    const auto cycles = floor((step - first) / period);
    const auto weight = select(step == first + cycles * period, 1 / (cycles + 1), 0);
    return with(update,
                state<Name>(0.0, [&](auto old) {
                    return select(step <= first || first_step, updated, lerp(old, updated, weight));
                }));
}

}  // namespace furl
