#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Lion: the sign of an average of the gradient, which is updated with one decay and read with another.
///
/// \f$ c_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \mathrm{sign}(c_t),\quad
///     m_t = \beta_2 m_{t-1} + (1-\beta_2)\, g_t \f$
///
/// Defaults:  lr 1e-4, beta1 0.9, beta2 0.99, weight_decay 0.
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Chen et al. 2023, algorithm 2; google/automl's lion_pytorch.py. optax's lion (mode "hard") defaults to a
///            weight_decay of 1e-3, Keras's to an lr of 1e-3; DeepSpeed's takes the sign of 0 to be 1. PyTorch has
///            none.
struct lion {
    static constexpr auto lr = hyper<"lr">(1e-4);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta2);
    static constexpr auto c = let<"c">(beta1 * previous(m) + (1 - beta1) * grad);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * sign(c);
};

/// Lion with a smooth sign.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \tanh(s\, c_t) \f$
///
/// Defaults:  those of lion; smooth_beta 1 (s; of the unit 1 / gradient).
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores, 1 hyperbolic tangent per parameter: 20 bytes in float.
/// Source:    optax's scale_by_lion, mode "smooth".
struct lion_tanh : lion {
    static constexpr auto smooth_beta = hyper<"smooth_beta">(1.0);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * tanh(smooth_beta * c);
};

/// Lion with a sign that is the identity between -1 and 1.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \max(-1, \min(1, c_t)) \f$
///
/// Defaults:  those of lion.
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    optax's scale_by_lion, mode "refined".
struct lion_refined : lion {
    static constexpr auto update = param * (1 - lr * weight_decay) - lr * clamp(c, -1, 1);
};

}  // namespace furl::zoo
