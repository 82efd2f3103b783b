#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// MARS-AdamW: AdamW on gradients whose variance is reduced by their change since the last step.
///
/// \f$ c_t = g_t + \gamma \frac{\beta_1}{1-\beta_1} (g_t - g_{t-1}),\; g_0 = 0,\quad
///     \tilde c_t = c_t / \max(1, \lVert c_t\rVert) \f$, then AdamW with \f$ \tilde c_t \f$ for the gradient; the norm
/// is that of the tensor
///
/// Defaults:  lr 3e-3, beta1 0.95, beta2 0.99, gamma 0.025, eps 1e-8, weight_decay 0.
/// State:     last (the gradient of the last step), m and v, n values each, start at 0.
/// Cost:      2 passes: 7 loads, 4 stores per parameter: 44 bytes in float.
/// Source:    Yuan et al. 2024, algorithm 2, in the approximate form: the last gradient is that of the last batch.
///            AGI-Arena's MARS (mars-adamw), which runs AdamW on tensors that are not matrices unless optimize_1d is set.
///            timm's takes c = g, unclipped, at the first step. PyTorch and optax have none.
struct mars {
    static constexpr auto lr = hyper<"lr">(3e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.95);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto gamma = hyper<"gamma">(0.025);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto last = delay<"last">(grad);
    static constexpr auto c = let<"c">(grad + gamma * beta1 / (1 - beta1) * (grad - last));
    static constexpr auto clipped = let<"clipped">(c / max(1, norm(c)));
    static constexpr auto m = ema<"m">(clipped, beta1);
    static constexpr auto v = ema<"v">(square(clipped), beta2);

    static constexpr auto update = param * (1 - lr * weight_decay) -
                                   lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};

}  // namespace furl::zoo
