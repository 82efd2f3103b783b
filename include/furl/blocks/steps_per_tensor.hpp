#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// The rule, with `step` counted for each tensor: the steps in which it had a gradient.
///
/// Without it all tensors use the optimizer's count, so the bias correction of a tensor that missed steps is too weak. A
/// schedule that is to follow the optimizer's count goes around it: `replace(steps_per_tensor(update), lr, schedule)`.
///
/// @tparam Name   the name of the count: "steps" unless given.
/// @param update  a rule's update. Its schedules and bias corrections follow the tensor's own count.
/// @returns  an expression of the shape of the update. A named value that depends on the step is then one per tensor, and
///           `opt.value(name)` does not have it.
/// State:   one number per tensor, under its name, starts at 0.
/// Cost:    what depends on the step is computed once for each tensor, or for each run of tensors with equal counts that
///          follow each other in memory. A bias correction under a root is a multiplication of its own.
/// Errors:  E21 if a guard of the rule depends on the step.
/// Source:  torch.optim keeps `state["step"]` for each parameter, and leaves out those whose grad is None.
template <fixed_string Name = "steps", Expression Update>
constexpr auto steps_per_tensor(const Update& update) {
    return replace(update, step, state<Name>(0.0, [](auto old) { return select(first_step, 1, old + 1); }));
}

}  // namespace furl
