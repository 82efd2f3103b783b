#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// AdamP: AdamW whose steps do not lengthen weights if the loss depends only on their direction.
///
/// \f$ p_t = \Pi\left( \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \right),\quad
///     \theta_t = (1 - \eta\lambda\,\omega_t)\, \theta_{t-1} - \eta\, p_t \f$
///
/// Pi is without_radial_part: if the gradient is nearly orthogonal to the weights, in each row or in the tensor, it removes the
/// part along them. Then omega is wd_ratio, otherwise 1.
///
/// Shapes:    a matrix {rows, columns}, a row for each channel: {channels, all values of a channel} for a convolution. The
///            authors do not project vectors: those take adamw, in a group of their own.
/// Defaults:  those of adam; weight_decay 0, delta 0.1, wd_ratio 0.1.
/// State:     that of adam.
/// Cost:      2 passes: 8 loads, 3 stores per parameter: 44 bytes in float.
/// Source:    Heo et al. 2021, algorithm 2; clovaai/AdamP.
struct adamp : adam {
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto delta = hyper<"delta">(0.1);
    static constexpr auto wd_ratio = hyper<"wd_ratio">(0.1);

    static constexpr auto decay = 1 - lr * weight_decay * radial_decay(delta, wd_ratio, eps);

    static constexpr auto update = param * decay - lr * without_radial_part(let<"u">(direction), delta, eps);
};

/// AdamP with Nesterov's momentum.
///
/// \f$ p_t = \Pi\left( \frac{\beta_1 m_t + (1-\beta_1)\, g_t}{(1-\beta_1^t)(\sqrt{\hat v_t} + \epsilon)} \right) \f$, and the
/// rest as in adamp
///
/// Shapes:    those of adamp.
/// Defaults, State, Cost:  those of adamp.
/// Source:    clovaai/AdamP with nesterov=True.
struct adamp_nesterov : adamp {
    static constexpr auto ahead = (beta1 * m + (1 - beta1) * grad) / (1 - pow(beta1, step));
    static constexpr auto direction = safe_divide(ahead, sqrt(bias_corrected(v)), eps);

    static constexpr auto update = param * decay - lr * without_radial_part(let<"u">(direction), delta, eps);
};

}  // namespace furl::zoo
