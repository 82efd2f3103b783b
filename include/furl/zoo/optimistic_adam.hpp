#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// Optimistic Adam: each step takes Adam's direction twice, and takes back that of the step before; for games between networks.
///
/// \f$ u_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon},\; u_0 = 0,\quad
///     \theta_t = \theta_{t-1} - \eta\, (2 u_t - u_{t-1}) \f$, with the m and v of adam
///
/// Defaults:  those of adam.
/// State:     m, v and last (the direction one step ago), n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    Daskalakis, Ilyas, Syrgkanis & Zeng 2018, algorithm 1; ensmallen's OptimisticAdam; optax's optimistic_adam with
///            nesterov=False.
struct optimistic_adam : adam {
    static constexpr auto update = param - lr * (2 * direction - delay<"last">(direction));
};

}  // namespace furl::zoo
