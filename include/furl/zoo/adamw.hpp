#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// Adam with decoupled weight decay.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Defaults:  those of adam; weight_decay 1e-2.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Loshchilov & Hutter 2019, algorithm 2, with the decay times lr as in PyTorch's and optax's AdamW (optax's
///            weight_decay defaults to 1e-4).
struct adamw : adam {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
