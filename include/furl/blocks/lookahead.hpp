#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// Lookahead: the rule runs k steps ahead, then the slow weights follow part of the way, and the rule goes on from there.
///
/// \f$ s_t = s_{t-1} + \alpha\, (u_t - s_{t-1}),\; \theta_t = s_t \f$ where k divides t, else
/// \f$ s_t = s_{t-1},\; \theta_t = u_t;\quad s_0 = \theta_0 \f$
///
/// @tparam Name   the name of the slow weights: "slow" unless given.
/// @param update  u: a rule's update. A synchronization does not reset its states.
/// @param k       steps from one synchronization to the next, a whole number.
/// @param alpha   the part of the way, dimensionless, in (0, 1]. With k = 1 and alpha = 1 it is the rule itself, to an ULP.
/// @returns  an expression of the shape of the update.
/// State:   one buffer of n values, under its name, starts at the parameters.
/// Cost:    1 load, 1 store, 1 subtraction, 1 fma, 3 selects per parameter.
/// Source:  Zhang, Lucas, Hinton & Ba 2019, algorithm 1, with the inner states maintained (its default); k = 5 or 10,
///          alpha = 0.5 there. optax's lookahead(reset_state=False), where fast and slow parameters are both the
///          caller's.
template <fixed_string Name = "slow", Expression Update, class K, class Alpha>
constexpr auto lookahead(const Update& update, const K& k, const Alpha& alpha) {
    const auto steps = as_expression(k);
    const auto synchronizes = step == steps * floor(step / steps);
    const auto slow = state<Name>(0.0, [&](auto old) {
        const auto before = select(first_step, param, old);
        return select(synchronizes, lerp(before, update, alpha), before);
    });
    return select(synchronizes, slow, update);
}

}  // namespace furl
