#pragma once

#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// Grams: the length of Adam's step, in the direction of the gradient.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\,
///     \mathrm{sign}(g_t)\, \frac{|m_t|}{\sqrt{v_t} + \epsilon} \f$
///
/// Defaults:  those of adam; eps 1e-6, weight_decay 0.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Cao et al. 2024; Gunale0926/Grams. The sign of 0 is 0, as there. PyTorch, optax and Keras have none.
struct grams : adam_eps_hat {
    static constexpr auto eps = hyper<"eps">(1e-6);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto update =
        param * (1 - lr * weight_decay) - corrected(lr) * safe_divide(sign(grad) * abs(m), sqrt(v), eps);
};

}  // namespace furl::zoo
