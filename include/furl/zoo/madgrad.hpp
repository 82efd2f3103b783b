#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// MADGRAD: dual averaging from the initial parameters, scaled by the cube root of a sum of squared gradients, with momentum.
///
/// \f$ k_t = (\eta + \epsilon) \sqrt t,\quad s_t = s_{t-1} + k_t\, g_t,\quad
///     G_t = G_{t-1} + k_t\, g_t^2,\quad
///     z_t = \theta_0 - \frac{s_t}{\sqrt[3]{G_t} + \epsilon},\quad
///     \theta_t = \mu\, \theta_{t-1} + (1-\mu)\, z_t \f$
///
/// Defaults:  lr 1e-2, momentum 0.9, eps 1e-6.
/// State:     s and total (G), n values each, start at 0; start, n values: the parameters before the first step.
/// Cost:      5 loads, 4 stores, 1 cube root, 1 division per parameter: 36 bytes in float.
/// Source:    Defazio & Jelassi 2021, algorithm 1, with the eps of facebookresearch/madgrad in k, as in optax's
///            madgrad. PyTorch and Keras have none.
struct madgrad {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto eps = hyper<"eps">(1e-6);

    static constexpr auto k = let<"k">((lr + eps) * sqrt(step));
    static constexpr auto s = accumulate<"s">(k * grad);
    static constexpr auto total = accumulate<"total">(k * square(grad));
    static constexpr auto start = state<"start">(param, [](auto old) { return old; });
    static constexpr auto z = start - safe_divide(s, cbrt(total), eps);

    static constexpr auto update = mu * param + (1 - mu) * z;
};

/// MADGRAD with decoupled weight decay.
///
/// \f$ \theta_t = (\mu - (\eta + \epsilon) \lambda)\, \theta_{t-1} + (1-\mu)\, z_t \f$
///
/// Defaults:  those of madgrad; weight_decay 1e-2.
/// State:     that of madgrad.
/// Cost:      5 loads, 4 stores, 1 cube root, 1 division per parameter: 36 bytes in float.
/// Source:    facebookresearch/madgrad with decouple_decay=True, whose weight_decay defaults to 0.
struct madgrad_decoupled : madgrad {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto update = (mu - (lr + eps) * weight_decay) * param + (1 - mu) * z;
};

}  // namespace furl::zoo
