#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Simplified AdEMAMix: Adam whose momentum is a sum, and which adds the newest gradient once more with its own weight.
///
/// \f$ m_t = \beta_1 m_{t-1} + g_t,\quad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\quad
///     \theta_t = \theta_{t-1} -
///     \eta \left( \frac{m_t + \alpha g_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1} \right) \f$
///
/// Defaults:  lr 1e-3, beta1 0.99, beta2 0.95, alpha 0, eps 1e-8, weight_decay 0.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Morwani et al. 2025 (arXiv 2502.02431); optax's simplified_ademamix, whose learning rate has no default. A step is
///            up to 1 / (1 - beta1) times as long as Adam's.
struct simplified_ademamix {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.99);
    static constexpr auto beta2 = hyper<"beta2">(0.95);
    static constexpr auto alpha = hyper<"alpha">(0.0);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = furl::momentum<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto direction = safe_divide(m + alpha * grad, sqrt(bias_corrected(v)), eps);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
