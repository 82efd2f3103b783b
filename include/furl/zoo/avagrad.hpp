#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AvaGrad: Adam with the second moment of the step before, and with a step length that does not depend on epsilon.
///
/// \f$ d_t = \sqrt{\hat v_{t-1}} + \epsilon,\quad
///     \gamma_t = 1 \Big/ \sqrt{\mathrm{mean}(d_t^{-2})},\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \gamma_t\, \frac{\hat m_t}{d_t} \f$, with the m and v of adam
///
/// The mean is over all tensors together. The first step only collects moments.
///
/// Defaults:  lr 1e-1, beta1 0.9, beta2 0.999, eps 1e-1, weight_decay 0.
/// State:     m and v, n values each, start at 0.
/// Cost:      2 passes: 5 loads, 3 stores per parameter: 32 bytes in float.
/// Source:    Savarese, McAllester, Babu & Maire 2021, with momentum; the authors' and kozistr's AvaGrad.
struct avagrad {
    static constexpr auto lr = hyper<"lr">(1e-1);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-1);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto correction = select(step > 1, 1 / (1 - pow(beta2, step - 1)), 0);
    static constexpr auto d = sqrt(previous(v) * correction) + eps;
    static constexpr auto gamma = let<"gamma">(select(step > 1, rsqrt(global(mean(1 / square(d)))), 0));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * gamma * (bias_corrected(m) / d);
};

}  // namespace furl::zoo
