#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// MoMo-Adam: Adam whose step length follows from a model of the loss, as in momo. The learning rate is its upper
/// bound.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\quad
///     D_t = \sqrt{\hat v_t} + \epsilon \f$
///
/// \f$ \bar f_t = \beta_1 \bar f_{t-1} + (1-\beta_1)\, \ell_t,\quad
///     \gamma_t = \beta_1 \gamma_{t-1} + (1-\beta_1)\, \langle g_t, \theta_{t-1}\rangle,\quad \rho_t = 1 - \beta_1^t
///     \f$
///
/// \f$ \tau_t = \min\left(\frac{\eta}{\rho_t},\, \frac{\max\left((1+\eta\lambda)(\bar f_t - \gamma_t - \rho_t f_{\min})
/// +
///     \langle m_t, \theta_{t-1}\rangle,\, 0\right)}{\langle m_t, m_t / D_t\rangle}\right),\quad
///     \theta_t = \frac{\theta_{t-1} - \tau_t\, m_t / D_t}{1 + \eta\lambda} \f$
///
/// The products are over all tensors together. Where the divisor is 0, so is the step length.
///
/// Defaults:  lr 0.01, beta1 0.9, beta2 0.999, eps 1e-8, lower_bound 0 (f_min), weight_decay 0.
/// Input:     loss, one number per step, the value whose gradient is given: `furl::step_input<"loss"> = loss`.
/// State:     m and v, n values each; mean_loss and gamma, one number each.
/// Cost:      2 passes: 8 loads, 3 stores per parameter: 44 bytes in float.
/// Source:    Schaipp, Ohana, Eickenberg, Defazio & Gower 2023, algorithm 2; fabian-sp's MomoAdam with its defaults
///            (divide=True). optax's momo_adam decays by the factor 1/(1 + lr weight_decay) without dividing the step
///            by it. PyTorch has none.
struct momo_adam {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto lower_bound = hyper<"lower_bound">(0.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto mean_loss = ema<"mean_loss">(step_input<"loss">, beta1);
    static constexpr auto gamma = ema<"gamma">(global(dot(grad, param)), beta1);

    static constexpr auto direction = let<"direction">(safe_divide(m, sqrt(bias_corrected(v)), eps));
    static constexpr auto squared_norm = let<"squared_norm">(global(dot(m, direction)));
    static constexpr auto along = let<"along">(global(dot(m, param)));
    static constexpr auto decay = let<"decay">(1 + lr * weight_decay);
    static constexpr auto rho = let<"rho">(1 - pow(beta1, step));

    // The step length for a lower bound of the loss.
    static constexpr auto rate_above = [](auto bound) {
        const auto height = let<"height">(max(decay * (mean_loss - gamma - rho * bound) + along, 0.0));
        return let<"rate">(select(squared_norm > 0, min(lr / rho, height / squared_norm), 0.0));
    };

    static constexpr auto update = (param - rate_above(lower_bound) * direction) / decay;
};

/// MoMo-Adam that finds the lower bound of the loss itself, for losses whose least value is not known.
///
/// \f$ h_t = \bar f_t - \gamma_t + \langle m_t, \theta_{t-1}\rangle,\quad
///     F_t = \max\left(\frac{h_t - \tfrac12 \tau_t \langle m_t, m_t / D_t\rangle}{\rho_t},\, f_{\min}\right),\;
///     F_0 = f_{\min} \f$
///
/// The step length \f$ \tau_t \f$ is that of momo_adam with the lower bound \f$ F_{t-1} \f$. Where it would be 0 with
/// that bound, the bound becomes half of what it would have to be at most, but not less than f_min.
///
/// Defaults:  those of momo_adam. lower_bound is the first bound, and the least.
/// Input:     that of momo_adam: loss.
/// State:     that of momo_adam, and bound, one number.
/// Cost:      that of momo_adam.
/// Source:    Schaipp, Ohana, Eickenberg, Defazio & Gower 2023 (MoMo-Adam*); optax's
///            momo_adam(adapt_lower_bound=True) without weight decay. fabian-sp's MomoAdam(use_fstar=True) has 0 as the
///            least bound.
struct momo_adam_star : momo_adam {
    // The bound of this step, which the model of this step does not contradict.
    static constexpr auto usable = [](auto old) {
        const auto most = decay * (mean_loss - gamma) + along;
        return let<"usable_bound">(select(most < decay * rho * old, max(most / (2 * decay * rho), lower_bound), old));
    };
    static constexpr auto bound = state<"bound">(lower_bound, [](auto old) {
        return max((mean_loss + along - gamma - 0.5 * rate_above(usable(old)) * squared_norm) / rho, lower_bound);
    });

    static constexpr auto update = with((param - rate_above(usable(previous(bound))) * direction) / decay, bound);
};

}  // namespace furl::zoo
