#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Adan: Adam with Nesterov's momentum, which it takes from an average of the differences of gradients.
///
/// \f$ d_t = g_t - g_{t-1},\; d_1 = 0,\quad
///     m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     n_t = \beta_2 n_{t-1} + (1-\beta_2)\, d_t,\quad
///     v_t = \beta_3 v_{t-1} + (1-\beta_3)(g_t + \beta_2 d_t)^2,\quad
///     \theta_t = \frac{1}{1 + \eta\lambda} \Big( \theta_{t-1} -
///     \eta\, \frac{\hat m_t + \beta_2 \hat n_t}{\sqrt{\hat v_t} + \epsilon} \Big) \f$
///
/// Defaults:  lr 1e-3, beta1 0.98, beta2 0.92, beta3 0.99, eps 1e-8, weight_decay 0 (proximal).
/// State:     m, n, v and last (the gradient one step ago), n values each, start at 0.
/// Cost:      6 loads, 5 stores, 1 square root, 1 division per parameter: 44 bytes in float.
/// Source:    Xie et al. 2022, algorithm 1, whose betas are 1 minus these; sail-sg/Adan. optax's weighs d and n by
///            1 - beta2 (optax#1715). PyTorch and Keras have none.
struct adan {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.98);
    static constexpr auto beta2 = hyper<"beta2">(0.92);
    static constexpr auto beta3 = hyper<"beta3">(0.99);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto d = let<"d">(grad - delay<"last">(grad, grad));
    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto n = ema<"n">(d, beta2);
    static constexpr auto v = ema<"v">(square(grad + beta2 * d), beta3);
    static constexpr auto direction =
        safe_divide(bias_corrected(m) + beta2 * bias_corrected(n), sqrt(bias_corrected(v)), eps);

    static constexpr auto update = (param - lr * direction) / (1 + lr * weight_decay);
};

/// Adan with decoupled weight decay.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} -
///     \eta\, \frac{\hat m_t + \beta_2 \hat n_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Defaults:  those of adan.
/// State:     that of adan.
/// Cost:      6 loads, 5 stores, 1 square root, 1 division per parameter: 44 bytes in float.
/// Source:    sail-sg/Adan with no_prox=True; optax's adan, except for its weights.
struct adan_decoupled : adan {
    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
