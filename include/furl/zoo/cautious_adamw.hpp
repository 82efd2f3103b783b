#pragma once

#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// Cautious AdamW: parameters whose first moment has another sign than their gradient wait; the others take longer steps.
///
/// \f$ k_t = [m_t\, g_t > 0],\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\,
///                \frac{k_t}{\max(\mathrm{mean}\,k_t,\, 10^{-3})}\, \frac{m_t}{\sqrt{v_t} + \epsilon} \f$
///
/// Defaults:  those of adam; eps 1e-6, weight_decay 0.
/// State:     m and v, n values each, start at 0.
/// Cost:      2 passes: 6 loads, 3 stores per parameter: 36 bytes in float.
/// Source:    Liang et al. 2024; C-Optim's AdamW, whose bias correction is in the learning rate ("epsilon
///            hat"). The paper's scale, and kozistr's, is n / (sum k + 1).
struct cautious_adamw : adam_eps_hat {
    static constexpr auto eps = hyper<"eps">(1e-6);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto update =
        param * (1 - lr * weight_decay) - corrected(lr) * safe_divide(cautious(m), sqrt(v), eps);
};

}  // namespace furl::zoo
