#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaBelief: Adam whose second moment averages the squared distance of the gradient from its mean.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     s_t = \beta_2 s_{t-1} + (1-\beta_2)(g_t - m_t)^2 + \epsilon,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat s_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-16, weight_decay 0.
/// State:     m and s, n values each, start at 0; s holds the epsilons added so far.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Zhuang et al. 2020, algorithm 2; the authors' adabelief-pytorch 0.2.1 without rectification; optax's
///            adabelief (eps_root 1e-16). PyTorch and Keras have none.
struct adabelief {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-16);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto s = state<"s">(
        0.0, [](auto old) { return beta2 * old + (1 - beta2) * square(grad - m) + eps; }, beta2);

    static constexpr auto update =
        param * (1 - lr * weight_decay) - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(s)), eps);
};

/// AdaBelief with the largest second moment so far.
///
/// \f$ \bar s_t = \max(\bar s_{t-1}, s_t) \f$ takes the place of \f$ s_t \f$, before the correction.
///
/// Defaults:  those of adabelief.
/// State:     m, s and s_max, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    adabelief-pytorch 0.2.1 with amsgrad=True.
struct adabelief_amsgrad : adabelief {
    static constexpr auto update =
        param * (1 - lr * weight_decay) - lr * safe_divide(bias_corrected(m), sqrt(furl::amsgrad<"s_max">(s)), eps);
};

}  // namespace furl::zoo
