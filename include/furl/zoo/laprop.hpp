#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// LaProp: the gradient is normalized first, and momentum accumulates the normalized gradients.
///
/// \f$ v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\quad
///     m_t = \beta_1 m_{t-1} + (1-\beta_1)\, \eta\, \frac{g_t}{\sqrt{\hat v_t} + \epsilon},\quad
///     \theta_t = (1 - \lambda)(\theta_{t-1} - \hat m_t) \f$
///
/// Defaults:  lr 4e-4, beta1 0.9, beta2 0.999, eps 1e-15, weight_decay 0, which is independent of lr and applied last.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Ziyin et al. 2020, algorithm 1; Z-T-WANG/LaProp-Optimizer. PyTorch, optax and Keras have none.
struct laprop {
    static constexpr auto lr = hyper<"lr">(4e-4);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-15);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto m = ema<"m">(lr * safe_divide(grad, sqrt(bias_corrected(v)), eps), beta1);

    static constexpr auto update = (param - bias_corrected(m)) * (1 - weight_decay);
};

}  // namespace furl::zoo
