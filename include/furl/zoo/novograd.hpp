#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// NovoGrad: momentum on gradients that are divided by their averaged norm, with one second moment per tensor.
///
/// \f$ v_t = \beta_2 v_{t-1} + (1-\beta_2) \lVert g_t\rVert^2,\; v_0 = \lVert g_1\rVert^2,\quad
///     m_t = \beta_1 m_{t-1} + \frac{g_t}{\sqrt{v_t} + \epsilon} + \lambda\theta_{t-1},\quad
///     \theta_t = \theta_{t-1} - \eta\, m_t \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.25, eps 1e-6, weight_decay 0.
/// State:     m, n values, starts at 0; v, one number per tensor.
/// Cost:      2 passes: 4 loads, 2 stores per parameter: 24 bytes in float.
/// Source:    Ginsburg et al. 2019, algorithm 1; optax's novograd. flashlight's and timm's nvnovograd (grad_averaging)
///            weigh the term that enters m by 1 - beta1.
struct novograd {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.25);
    static constexpr auto eps = hyper<"eps">(1e-6);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto v = ema<"v">(dot(grad, grad), beta2, dot(grad, grad));
    static constexpr auto m = furl::momentum<"m">(grad / (sqrt(v) + eps) + weight_decay * param, beta1);

    static constexpr auto update = param - lr * m;
};

}  // namespace furl::zoo
