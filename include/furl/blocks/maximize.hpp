#pragma once

#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>

namespace FURL_NAMESPACE {

/// Turns an update that descends into one that climbs.
///
/// \f$ g_t \leftarrow -g_t \f$
///
/// @param update  a rule's update.
/// @returns  an expression of the shape of the update.
/// Cost:    nothing, or 1 negation per parameter.
/// Source:  PyTorch's maximize=True. There the sign is flipped before weight decay is added, so that decay still pulls
///          towards 0: `maximize(coupled_weight_decay(update, decay))`.
template <Expression Update>
constexpr auto maximize(const Update& update) {
    return replace(update, grad, -grad);
}

}  // namespace furl
