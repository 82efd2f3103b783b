#pragma once

#include <furl/language/leaves.hpp>
#include <furl/language/reductions.hpp>
#include <furl/language/replace.hpp>

namespace FURL_NAMESPACE {

/// Skips a step if any gradient has an infinity or a NaN.
///
/// A skipped step changes no parameter, no state and not the step count. `opt.step(...)` returns false, and the next step runs
/// as if the skipped one had not been tried. Put this block outermost, so that it sees the gradients as they come. The
/// gradients stay as they are, even with zero_grad: if your backward pass adds to them, zero them when `step` returns false
/// (furl::zero_gradients).
///
/// @param update  a rule's update.
/// @returns  an expression of the value of the update.
/// Cost:    1 more pass over memory, which reads the gradient, unless the rule has one already for a reduction of the
///          gradient, such as clipping; nothing in the last pass.
/// Source:  PyTorch's GradScaler; optax's apply_if_finite without its limit. For a limit, count the steps that return false.
template <Expression Update>
constexpr auto skip_nonfinite(const Update& update) {
    return skip_unless(global(all_finite(grad)), update);
}

}  // namespace furl
