#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Momentum with the learning rate inside the accumulator.
///
/// \f$ v_t = \gamma v_{t-1} + \eta\, g_t,\quad \theta_t = \theta_{t-1} - v_t \f$
///
/// Defaults:  lr 1e-2, momentum 0.9.
/// State:     v, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Qian 1999; the form of Ruder 2016, equation 4. Differs from PyTorch's (sgd_momentum): a change of lr acts
///            on new gradients only, not on what is accumulated.
struct momentum {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto gamma = hyper<"momentum">(0.9);

    static constexpr auto v = furl::momentum<"v">(lr * grad, gamma);

    static constexpr auto update = param - v;
};

}  // namespace furl::zoo
