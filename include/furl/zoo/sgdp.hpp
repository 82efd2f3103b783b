#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// SGDP: momentum whose steps do not lengthen weights if the loss depends only on their direction.
///
/// \f$ b_t = \mu b_{t-1} + (1-\tau)\, g_t,\quad
///     \theta_t = \left(1 - \frac{\eta\lambda\,\omega_t}{1-\mu}\right) \theta_{t-1} - \eta\, \Pi(b_t) \f$
///
/// Pi and omega are those of adamp.
///
/// Shapes:    a matrix {rows, columns}, a row for each channel. The authors do not project vectors: those take sgd_momentum, in
///            a group of their own.
/// Defaults:  lr 1e-2, momentum 0.9, dampening 0, weight_decay 0, delta 0.1, wd_ratio 0.1, eps 1e-8.
/// State:     b, n values, starts at 0.
/// Cost:      2 passes: 6 loads, 2 stores per parameter: 32 bytes in float.
/// Source:    Heo et al. 2021, algorithm 1; clovaai/AdamP's SGDP, whose momentum is 0 unless given. It dampens the first
///            gradient too, unlike sgd_momentum.
struct sgdp {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto dampening = hyper<"dampening">(0.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto delta = hyper<"delta">(0.1);
    static constexpr auto wd_ratio = hyper<"wd_ratio">(0.1);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto b = furl::momentum<"b">((1 - dampening) * grad, mu);
    static constexpr auto decay = 1 - lr * weight_decay * radial_decay(delta, wd_ratio, eps) / (1 - mu);

    static constexpr auto update = param * decay - lr * without_radial_part(b, delta, eps);
};

/// SGDP with PyTorch's Nesterov momentum.
///
/// \f$ \theta_t = \left(1 - \frac{\eta\lambda\,\omega_t}{1-\mu}\right) \theta_{t-1} - \eta\, \Pi(g_t + \mu b_t) \f$
///
/// Shapes:    those of sgdp.
/// Defaults, State, Cost:  those of sgdp.
/// Source:    clovaai/AdamP's SGDP with nesterov=True.
struct sgdp_nesterov : sgdp {
    static constexpr auto update = param * decay - lr * without_radial_part(let<"u">(grad + mu * b), delta, eps);
};

}  // namespace furl::zoo
