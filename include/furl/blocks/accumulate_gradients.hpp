#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// Takes one step of the rule for every k gradients, with their mean.
///
/// \f$ a_t = a_{t-1} + g_t \f$; where k divides t the rule takes its step number \f$ t / k \f$ with the gradient
/// \f$ a_t / k \f$, and \f$ a_t \f$ becomes 0; in other steps parameters and states stay as they are
///
/// The rule's `step`, and with it its schedules and bias corrections, counts the rule's own steps; `opt.step_count()` counts
/// gradients. A state that starts from an expression of the gradient starts from the mean. If a tensor has no gradient in the
/// last step of k, its sum stays and goes into the next mean. A number of the step (step_input) is not averaged: the rule sees
/// the one that is given with the last gradient. Modifiers around this block, as in
/// `weight_ema(accumulate_gradients(update, 4), 0.999)`, act at each gradient.
///
/// @tparam Name   the name of the sum: "accumulated" unless given.
/// @param update  a rule's update.
/// @param k       the number of gradients for a step, a whole number. With k = 1 it is the rule itself, to the bit (-0 counts
///                as 0). Change hyperparameters only after every k-th gradient.
/// @returns  an expression of the shape of the update.
/// State:   one buffer of n values, under its name.
/// Cost:    1 load, 1 store, 1 addition, 1 multiplication, 2 selects per parameter, and 1 select for each state; a bias
///          correction under a root is a multiplication of its own. Each gradient also costs a whole step of the rule, so
///          this block saves the memory of a second gradient buffer, not time.
/// Source:  optax's MultiSteps, whose mean is a running one: same value, other rounding. Differs from a PyTorch loop
///          that calls backward() k times in that it takes the mean, not the sum.
template <fixed_string Name = "accumulated", Expression Update, class K>
constexpr auto accumulate_gradients(const Update& update, const K& k) {
    const auto gradients = as_expression(k);
    const auto done = floor((step - 1) / gradients);
    const auto ends = step == gradients * floor(step / gradients);
    const auto sum = state<Name>(0.0, [&](auto old) { return select(ends, 0, old + grad); });
    // The sum is updated in every step, so it is added outside of only_if.
    return with(replace(only_if(ends, replace(update, step, done + 1)), grad, (previous(sum) + grad) / gradients), sum);
}

}  // namespace furl
