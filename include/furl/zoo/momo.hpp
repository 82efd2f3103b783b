#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// MoMo: gradient descent with momentum, whose step length follows from a model of the loss: the mean of its linear
/// models at the last parameters, cut off at a lower bound. The learning rate is its upper bound.
///
/// \f$ d_t = \beta d_{t-1} + (1-\beta)\, g_t,\quad \bar f_t = \beta \bar f_{t-1} + (1-\beta)\, \ell_t,\quad
///     \gamma_t = \beta \gamma_{t-1} + (1-\beta)\, \langle g_t, \theta_{t-1}\rangle \f$, which start at their first
///     values
///
/// \f$ \tau_t = \min\left(\eta,\, \frac{\max\left((1+\eta\lambda)(\bar f_t - \gamma_t - f_{\min}) +
///     \langle d_t, \theta_{t-1}\rangle,\, 0\right)}{\lVert d_t\rVert^2}\right),\quad
///     \theta_t = \frac{\theta_{t-1} - \tau_t\, d_t}{1 + \eta\lambda} \f$
///
/// The products and the norm are over all tensors together. Where the norm is 0, so is the step length.
///
/// Defaults:  lr 1, beta 0.9, lower_bound 0 (f_min), weight_decay 0.
/// Input:     loss, one number per step, the value whose gradient is given: `furl::step_input<"loss"> = loss`.
/// State:     d, n values; mean_loss and gamma, one number each.
/// Cost:      2 passes: 6 loads, 2 stores per parameter: 32 bytes in float.
/// Source:    Schaipp, Ohana, Eickenberg, Defazio & Gower 2023, algorithm 1; fabian-sp's Momo with its defaults (no
///            bias correction, no online lower bound; momo_star has the latter). optax's momo decays by the factor
///            1/(1 + lr weight_decay) without dividing the step by it. PyTorch has none.
struct momo {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto beta = hyper<"beta">(0.9);
    static constexpr auto lower_bound = hyper<"lower_bound">(0.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto loss = step_input<"loss">;
    static constexpr auto product = global(dot(grad, param));
    static constexpr auto d = ema<"d">(grad, beta, grad);
    static constexpr auto mean_loss = ema<"mean_loss">(loss, beta, loss);
    static constexpr auto gamma = ema<"gamma">(product, beta, product);

    static constexpr auto squared_norm = let<"squared_norm">(global(dot(d, d)));
    static constexpr auto along = let<"along">(global(dot(d, param)));
    static constexpr auto decay = let<"decay">(1 + lr * weight_decay);

    // The step length for a lower bound of the loss.
    static constexpr auto rate_above = [](auto bound) {
        const auto height = let<"height">(max(decay * (mean_loss - gamma - bound) + along, 0.0));
        return let<"rate">(select(squared_norm > 0, min(lr, height / squared_norm), 0.0));
    };

    static constexpr auto update = (param - rate_above(lower_bound) * d) / decay;
};

/// MoMo that finds the lower bound of the loss itself, for losses whose least value is not known.
///
/// \f$ h_t = \bar f_t - \gamma_t + \langle d_t, \theta_{t-1}\rangle,\quad
///     F_t = \max\left(h_t - \tfrac12 \tau_t \lVert d_t\rVert^2,\, f_{\min}\right),\; F_0 = f_{\min} \f$
///
/// The step length \f$ \tau_t \f$ is that of momo with the lower bound \f$ F_{t-1} \f$. Where it would be 0 with that
/// bound, the bound becomes half of what it would have to be at most, but not less than f_min.
///
/// Defaults:  those of momo. lower_bound is the first bound, and the least.
/// Input:     that of momo: loss.
/// State:     that of momo, and bound, one number.
/// Cost:      that of momo.
/// Source:    Schaipp, Ohana, Eickenberg, Defazio & Gower 2023 (MoMo*); fabian-sp's Momo(use_fstar=True),
///            optax's momo(adapt_lower_bound=True) without weight decay.
struct momo_star : momo {
    // The bound of this step, which the model of this step does not contradict.
    static constexpr auto usable = [](auto old) {
        const auto most = decay * (mean_loss - gamma) + along;
        return let<"usable_bound">(select(most < decay * old, max(most / (2 * decay), lower_bound), old));
    };
    static constexpr auto bound = state<"bound">(lower_bound, [](auto old) {
        return max(mean_loss + along - gamma - 0.5 * rate_above(usable(old)) * squared_norm, lower_bound);
    });

    static constexpr auto update = with((param - rate_above(usable(previous(bound))) * d) / decay, bound);
};

}  // namespace furl::zoo
