#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// StableAdamW: AdamW with a lower learning rate for tensors whose second moment lags behind their gradients.
///
/// \f$ \eta_t = \eta / \max\left(1, \sqrt{\mathrm{mean}\frac{g_t^2}{\max(\hat v_t, \epsilon^2)}}\right),\quad
///     \theta_t = (1 - \eta_t\lambda)\, \theta_{t-1} - \eta_t \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.99, eps 1e-8, weight_decay 1e-2.
/// State:     m and v, n values each, start at 0.
/// Cost:      2 passes: 6 loads, 3 stores per parameter: 36 bytes in float.
/// Source:    Wortsman et al. 2023, algorithm 2, with corrected moments in place of its corrected betas; optimi's
///            StableAdamW, whose eps is 1e-6. The clipping is that of Adafactor (Shazeer & Stern 2018). PyTorch and
///            optax have none.
struct stable_adamw {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto surprise = mean(square(grad) / max(bias_corrected(v), square(eps)));
    static constexpr auto rate = let<"rate">(lr / max(1, sqrt(surprise)));

    static constexpr auto update = param * (1 - rate * weight_decay) -
                                   rate * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};

}  // namespace furl::zoo
