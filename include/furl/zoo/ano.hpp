#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Ano: steps of the size of the gradient, in the direction of its average.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     v_t = \beta_2 v_{t-1} + (1-\beta_2)\, \mathrm{sgn}(g_t^2 - v_{t-1})\, g_t^2,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{|g_t|\, \mathrm{sgn}(m_t)}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-4, beta1 0.92, beta2 0.99, eps 1e-8, weight_decay 0.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Kegreisz 2025 (arXiv 2508.18258); kozistr's Ano. PyTorch and optax have none.
struct ano {
    static constexpr auto lr = hyper<"lr">(1e-4);
    static constexpr auto beta1 = hyper<"beta1">(0.92);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = state<"v">(0.0, [](auto old) {
        return beta2 * old + (1 - beta2) * sign(square(grad) - old) * square(grad);
    }, beta2);

    static constexpr auto update =
        param * (1 - lr * weight_decay) - lr * safe_divide(abs(grad) * sign(m), sqrt(bias_corrected(v)), eps);
};

}  // namespace furl::zoo
