#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// D-Adaptation AdamW: AdamW that finds its learning rate from how well the gradients agree with earlier ones.
///
/// \f$ k_t = d_{t-1}\, \eta,\quad w = \sqrt{\beta_2},\quad
///     N_t = w N_{t-1} + (1-w)\, k_t \left\langle g_t, \frac{s_{t-1}}{\sqrt{v_{t-1}} + \epsilon}\right\rangle,\quad
///     s_t = w s_{t-1} + (1-w)\, k_t\, g_t,\quad
///     d_t = \max\left(d_{t-1}, \frac{N_t}{(1-w) \lVert s_t\rVert_1}\right) \f$
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, k_t\, g_t,\quad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\quad
///     \theta_t = (1 - k_t\lambda)\, \theta_{t-1} - \frac{m_t}{\sqrt{v_t} + \epsilon} \f$
///
/// The inner product and the norm are over all tensors together. If the norm is 0, d stays as it is.
///
/// Defaults:  lr 1, beta1 0.9, beta2 0.999, eps 1e-8, weight_decay 0, d0 1e-6.
/// State:     s, m and v, n values each, start at 0; d and N, one number each.
/// Cost:      2 passes: 8 loads, 4 stores per parameter: 48 bytes in float.
/// Source:    Defazio & Mishchenko 2023, the Adam version; facebookresearch's DAdaptAdam(decouple=True), version 3,
///            with its other defaults (no limit of growth, no bias correction). optax's is dadapt_adamw_optax;
///            PyTorch has none.
struct dadapt_adamw {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto d0 = hyper<"d0">(1e-6);

    static constexpr auto w = sqrt(beta2);
    static constexpr auto v = ema<"v">(square(grad), beta2);

    // k, N and s use the d of the previous step, and the new d follows from them.
    static constexpr auto step_length = [](auto d) { return let<"k">(d * lr); };
    static constexpr auto weighted = [](auto d) { return ema<"s">(step_length(d) * grad, w); };
    static constexpr auto agreement = [](auto d) {
        const auto direction = safe_divide(previous(weighted(d)), sqrt(previous(v)), eps);
        return ema<"N">(step_length(d) * global(dot(grad, direction)), w);
    };
    static constexpr auto d = state<"d">(d0, [](auto old) {
        const auto length = (1 - w) * global(norm1(weighted(old)));
        return select(length > 0, max(old, agreement(old) / length), old);
    });
    static constexpr auto k = step_length(previous(d));
    static constexpr auto N = agreement(previous(d));
    static constexpr auto s = weighted(previous(d));

    static constexpr auto m = ema<"m">(k * grad, beta1);

    static constexpr auto update = param * (1 - k * weight_decay) - safe_divide(m, sqrt(v), eps);
};

/// D-Adaptation AdamW in optax's dialect: both of Adam's corrections are in the learning rate.
///
/// \f$ k_t = d_{t-1}\, \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \f$
///
/// Defaults, State, Cost:  those of dadapt_adamw.
/// Source:    optax's dadapt_adamw; DAdaptAdam(decouple=True, use_bias_correction=True).
struct dadapt_adamw_optax : dadapt_adamw {
    static constexpr auto update =
        replace(dadapt_adamw::update, lr, lr * sqrt(1 - pow(beta2, step)) / (1 - pow(beta1, step)));
};

}  // namespace furl::zoo
