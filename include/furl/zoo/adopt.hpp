#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// ADOPT: Adam with the second moment of the previous step, so that no gradient scales itself; momentum is applied last.
///
/// \f$ c_t = \sqrt[4]{t-1},\quad
///     m_t = \beta_1 m_{t-1} + (1-\beta_1)\, \mathrm{clamp}\Big(\frac{g_t}{\max(\sqrt{v_{t-1}},\, \epsilon)},
///     -c_t,\, c_t\Big),\quad
///     v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\; v_1 = g_1^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, m_t \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.9999, eps 1e-6, clip_exponent 0.25.
/// State:     m and v, n values each, start at 0. The first step only sets v.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Taniguchi et al. 2024, with clipping; iShohei220/adopt; optax's adopt. PyTorch and Keras have none.
struct adopt {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.9999);
    static constexpr auto eps = hyper<"eps">(1e-6);
    static constexpr auto clip_exponent = hyper<"clip_exponent">(0.25);

    // The limit of the first step is 0, so m stays 0 without a select of its own.
    static constexpr auto limit = let<"c">(select(first_step, 0, pow(step - 1, clip_exponent)));
    static constexpr auto v = ema<"v">(square(grad), select(first_step, 0, beta2));
    static constexpr auto m = ema<"m">(clamp(grad / max(sqrt(previous(v)), eps), -limit, limit), beta1);

    static constexpr auto update = param - lr * m;
};

/// ADOPT with decoupled weight decay in all steps but the first.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, m_t,\quad \theta_1 = \theta_0 \f$
///
/// Defaults:  those of adopt; weight_decay 1e-2.
/// State:     that of adopt.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    iShohei220/adopt with decouple=True, whose weight_decay defaults to 0.
struct adopt_decoupled : adopt {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto update = param * select(first_step, 1, 1 - lr * weight_decay) - lr * m;
};

}  // namespace furl::zoo
