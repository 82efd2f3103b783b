#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

#include <numbers>

namespace furl::zoo {

/// AdEMAMix: Adam with a second, much slower average of the gradient.
///
/// \f$ m^{(1)}_t = \beta_1 m^{(1)}_{t-1} + (1-\beta_1)\, g_t,\quad
///     m^{(2)}_t = \beta_3(t)\, m^{(2)}_{t-1} + (1-\beta_3(t))\, g_t,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} -
///     \eta\, \frac{\hat m^{(1)}_t + \alpha(t)\, m^{(2)}_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// \f$ \alpha(t) \f$ rises linearly to alpha in alpha_warmup steps; \f$ \beta_3(t) \f$ rises from beta1 to beta3 in
/// beta3_warmup steps, linearly in its half-life. With 0 there is no warm-up.
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, beta3 0.9999, alpha 2, eps 1e-8, weight_decay 0, alpha_warmup 0,
///            beta3_warmup 0.
/// State:     m1, m2 and v, n values each, start at 0; m2 is not bias corrected.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    Pagliardini et al. 2024, algorithm 1; apple/ml-ademamix, with its 1e-8 in the half-life. optax's has
///            alpha 5 and takes schedules for the warm-ups. PyTorch and Keras have none.
struct ademamix {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto beta3 = hyper<"beta3">(0.9999);
    static constexpr auto alpha = hyper<"alpha">(2.0);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto alpha_warmup = hyper<"alpha_warmup">(0.0);
    static constexpr auto beta3_warmup = hyper<"beta3_warmup">(0.0);

    static constexpr auto half_life = [](auto beta) { return -std::numbers::ln2 / log(beta + 1e-8) - 1; };
    static constexpr auto life = lerp(half_life(beta1), half_life(beta3), step / beta3_warmup);
    static constexpr auto slow = let<"beta3_t">(select(step < beta3_warmup, pow(0.5, 1 / (life + 1)), beta3));
    static constexpr auto weight = let<"alpha_t">(select(step < alpha_warmup, step / alpha_warmup * alpha, alpha));

    static constexpr auto m1 = ema<"m1">(grad, beta1);
    static constexpr auto m2 = ema<"m2">(grad, slow);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto direction = safe_divide(bias_corrected(m1) + weight * m2, sqrt(bias_corrected(v)), eps);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
