#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// ALI-G, adaptive learning rates for interpolation with gradients: Polyak's step length for a loss whose least value
/// is 0, with an upper bound, which is the learning rate.
///
/// \f$ \gamma_t = \min\left(\frac{\ell_t}{\lVert g_t\rVert^2 + \delta},\, \eta\right),\quad
///     \theta_t = \theta_{t-1} - \gamma_t\, g_t \f$
///
/// The norm is over all tensors together.
///
/// Defaults:  lr 0.1, eps 1e-5 (delta).
/// Input:     loss, one number per step, the value whose gradient is given: `furl::step_input<"loss"> = loss`.
/// State:     none.
/// Cost:      2 passes: 3 loads, 1 store per parameter: 16 bytes in float.
/// Source:    Berrada, Zisserman & Kumar 2020, algorithm 1; oval-group's AliG, in which lr is max_lr. The paper
///            regularizes by a projection onto a ball, which is not part of the rule. PyTorch and optax have none.
struct alig {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto eps = hyper<"eps">(1e-5);

    static constexpr auto rate = let<"rate">(min(step_input<"loss"> / (global(dot(grad, grad)) + eps), lr));

    static constexpr auto update = param - rate * grad;
};

/// ALI-G with Nesterov momentum, whose step length is in the momentum.
///
/// \f$ b_t = \mu b_{t-1} - \gamma_t\, g_t,\quad \theta_t = \theta_{t-1} - \gamma_t\, g_t + \mu\, b_t \f$, with
/// \f$ \gamma_t \f$ of alig
///
/// Defaults:  lr 0.1, eps 1e-5, momentum 0.9.
/// Input:     that of alig: loss.
/// State:     b, n values, starts at 0.
/// Cost:      2 passes: 4 loads, 2 stores per parameter: 24 bytes in float.
/// Source:    Berrada, Zisserman & Kumar 2020; oval-group's AliG with adjusted_momentum=False. Its default
///            momentum is 0, the paper's is 0.9.
struct alig_momentum : alig {
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto b = furl::momentum<"b">(-rate * grad, mu);

    static constexpr auto update = param - rate * grad + mu * b;
};

}  // namespace furl::zoo
