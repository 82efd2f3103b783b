#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// Counts `step` for each tensor: the number of steps in which it had a gradient.
///
/// Without this block all tensors use the optimizer's count, so the bias correction of a tensor that missed steps is too weak.
/// If a schedule should follow the optimizer's count, put it around the block:
/// `replace(steps_per_tensor(update), lr, schedule)`.
///
/// @tparam Name   the name of the count: "steps" unless given.
/// @param update  a rule's update. Its schedules and bias corrections follow the tensor's own count.
/// @returns  an expression of the shape of the update. A named value that depends on the step becomes a per-tensor value, so
///           `opt.value(name)` no longer reports it.
/// State:   one number per tensor, under its name, starts at 0.
/// Cost:    values that depend on the step are computed once for each tensor, or once for each run of tensors that are
///          contiguous in memory and have equal counts. A bias correction under a root is a multiplication of its own.
/// Errors:  E21 if a guard of the rule depends on the step.
/// Source:  torch.optim keeps `state["step"]` for each parameter, and leaves out those whose grad is None.
template <fixed_string Name = "steps", Expression Update>
constexpr auto steps_per_tensor(const Update& update) {
    return replace(update, step, state<Name>(0.0, [](auto old) { return select(first_step, 1, old + 1); }));
}

}  // namespace furl
