#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Prodigy: Adam that finds its learning rate from how far the parameters have moved along the gradients.
///
/// \f$ k_t = d_{t-1}\, \eta,\quad
///     N_t = \sqrt{\beta_2} N_{t-1} + \frac{d_{t-1}}{d_0} k_t \langle g_t, \theta_0 - \theta_{t-1}\rangle,\quad
///     s_t = \sqrt{\beta_2} s_{t-1} + \frac{d_{t-1}}{d_0} k_t\, g_t,\quad
///     d_t = \max\left(d_{t-1}, c\, \frac{N_t}{\lVert s_t\rVert_1}\right) \f$
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, d_{t-1} g_t,\quad
///     v_t = \beta_2 v_{t-1} + (1-\beta_2)\, d_{t-1}^2 g_t^2,\quad
///     \theta_t = (1 - k_t\lambda)\, \theta_{t-1} - k_t \frac{m_t}{\sqrt{v_t} + d_t\, \epsilon} \f$
///
/// The inner product and the norm are over all tensors together. If the norm is 0, d stays as it is.
///
/// Defaults:  lr 1, beta1 0.9, beta2 0.999, eps 1e-8, weight_decay 0, d0 1e-6, d_coef 1.
/// State:     x0 (the first parameters), s, m and v, n values each; d and N, one number each.
/// Cost:      2 passes: 10 loads, 5 stores per parameter: 60 bytes in float.
/// Source:    Mishchenko & Defazio 2024, the Adam version; konstmish's Prodigy with its defaults (no limit of growth,
///            no bias correction). optax's is prodigy_optax; PyTorch has none.
struct prodigy {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto d0 = hyper<"d0">(1e-6);
    static constexpr auto d_coef = hyper<"d_coef">(1.0);

    static constexpr auto x0 = state<"x0">(param, [](auto old) { return old; });

    // k, N and s use the d of the previous step, and the new d follows from them.
    static constexpr auto step_length = [](auto d) { return let<"k">(d * lr); };
    static constexpr auto progress = [](auto d) {
        return furl::momentum<"N">(d / d0 * step_length(d) * global(dot(grad, x0 - param)), sqrt(beta2));
    };
    static constexpr auto weighted = [](auto d) {
        return furl::momentum<"s">(d / d0 * step_length(d) * grad, sqrt(beta2));
    };
    static constexpr auto d = state<"d">(d0, [](auto old) {
        const auto length = global(norm1(weighted(old)));
        return select(length > 0, max(old, d_coef * progress(old) / length), old);
    });
    static constexpr auto k = step_length(previous(d));
    static constexpr auto N = progress(previous(d));
    static constexpr auto s = weighted(previous(d));

    static constexpr auto m = ema<"m">(previous(d) * grad, beta1);
    static constexpr auto v = ema<"v">(square(previous(d) * grad), beta2);

    static constexpr auto update = param * (1 - k * weight_decay) - k * safe_divide(m, sqrt(v), d * eps);
};

/// Prodigy in optax's dialect: both of Adam's corrections are in the learning rate.
///
/// \f$ k_t = d_{t-1}\, \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \f$
///
/// Defaults, State, Cost:  those of prodigy.
/// Source:    optax's prodigy; konstmish's Prodigy(use_bias_correction=True).
struct prodigy_optax : prodigy {
    static constexpr auto update =
        replace(prodigy::update, lr, lr * sqrt(1 - pow(beta2, step)) / (1 - pow(beta1, step)));
};

}  // namespace furl::zoo
