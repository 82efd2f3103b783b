#pragma once

#include <furl/language/leaves.hpp>
#include <furl/language/reductions.hpp>
#include <furl/language/replace.hpp>

namespace FURL_NAMESPACE {

/// The update; but a step with an infinity or a NaN in any gradient changes nothing.
///
/// No parameter, no state and not the step count: `opt.step(...)` returns false, and the next step is as if it had not
/// been tried. Put it outermost, so that it sees the gradients as they come. The gradients stay as well, with zero_grad too:
/// where the next ones are added to them, zero them when `step` returns false (furl::zero_gradients).
///
/// @param update  a rule's update.
/// @returns  an expression of the value of the update.
/// Cost:    1 more pass over memory, that reads the gradient (none more where the rule has a reduction of the gradient,
///          a clipping say); nothing in the last one.
/// Source:  PyTorch's GradScaler, optax's apply_if_finite without its limit: count the steps that return false to have
///          one.
template <Expression Update>
constexpr auto skip_nonfinite(const Update& update) {
    return skip_unless(global(all_finite(grad)), update);
}

}  // namespace furl
