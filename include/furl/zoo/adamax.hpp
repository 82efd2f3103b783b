#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaMax: Adam with a decaying maximum of the gradient's magnitude in place of the root mean square.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon),\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{u_t} \f$
///
/// Defaults:  lr 2e-3, beta1 0.9, beta2 0.999, eps 1e-8.
/// State:     m and u, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 division per parameter: 28 bytes in float.
/// Source:    Kingma & Ba 2015, algorithm 2, which has no epsilon; PyTorch's and optax's Adamax. Keras's is
///            adamax_keras.
struct adamax {
    static constexpr auto lr = hyper<"lr">(2e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto u = state<"u">(0.0, [](auto old) { return max(beta2 * old, abs(grad) + eps); });

    static constexpr auto update = param - lr * bias_corrected(m) / u;
};

/// AdaMax in Keras's dialect: epsilon is added to the maximum, not inside it.
///
/// \f$ u_t = \max(\beta_2 u_{t-1}, |g_t|),\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{u_t + \epsilon} \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-7.
/// State:     m and u, n values each, start at 0.
/// Cost:      that of adamax.
/// Source:    Kingma & Ba 2015, algorithm 2; Keras's Adamax.
struct adamax_keras : adamax {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto eps = hyper<"eps">(1e-7);

    static constexpr auto u = state<"u">(0.0, [](auto old) { return max(beta2 * old, abs(grad)); });

    static constexpr auto update = param - lr * safe_divide(bias_corrected(m), u, eps);
};

}  // namespace furl::zoo
