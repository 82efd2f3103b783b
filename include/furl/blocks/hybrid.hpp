#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>

// Two rules in one pass.
namespace FURL_NAMESPACE {

/// Uses one rule for some steps, then another one.
///
/// \f$ \theta_t = u_t \f$ while \f$ t \le T \f$, then \f$ \theta_t = w_{t-T} \f$
///
/// From step T + 1 on the states of the first rule stay as they are. The states of the second rule start then, and its step
/// counts from 1, so bias corrections and schedules begin anew.
///
/// @param at      T: the number of steps of the first rule. If it is 0, only the second rule runs; if infinite, only the first.
/// @param first   u: a rule's update.
/// @param second  w: a rule's update, with other names of states. A hyperparameter that both rules name is shared. A state of
///                it that starts from an expression, state<"name">(param, ...), starts in its own first step, T + 1.
/// @returns  an expression of the shape of the updates.
/// State:   those of both rules.
/// Cost:    that of both rules, in each step; 3 selects per parameter and 1 for each state.
/// Errors:  E03 if the rules share the name of a state, E04 if they share a hyperparameter with two defaults.
/// Source:  Keskar & Socher 2017 (SWATS) switch from Adam to SGD, at a step found from projections.
template <class At, Expression First, Expression Second>
constexpr auto switch_at(const At& at, const First& first, const Second& second) {
    const auto last = as_expression(at);
    return select(step <= last, only_if(step <= last, first), only_if(step > last, replace(second, step, step - last)));
}

/// Runs two rules at once: the new parameter lies between their updates.
///
/// \f$ \theta_t = u_t + \omega\, (w_t - u_t) \f$
///
/// @param weight  omega: dimensionless. 0 gives the first rule alone, to the bit; 1 gives the second alone, to an ULP. It is a
///                number, a hyperparameter, a schedule, or a value per parameter.
/// @param first   u: a rule's update.
/// @param second  w: a rule's update. A state or hyperparameter that both define in the same way is shared.
/// @returns  an expression of the shape of the updates. In the next step both rules read the blended parameter.
/// State:   those of both rules.
/// Cost:    that of both rules; 1 subtraction, 1 fma per parameter.
/// Errors:  E03 if the rules give a state two definitions, E04 if they give a hyperparameter two defaults.
/// Source:  Landro, Gallo & La Grassa 2020 (MAS, Adam and SGD); the steps are blended as well, since both start from
///          the same parameter.
template <class Weight, Expression First, Expression Second>
constexpr auto blend(const Weight& weight, const First& first, const Second& second) {
    return lerp(first, second, weight);
}

}  // namespace furl
