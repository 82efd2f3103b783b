#pragma once

#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// AdaMod: Adam, where no step length exceeds its own average over time.
///
/// \f$ e_t = \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\, \frac{1}{\sqrt{v_t} + \epsilon},\quad
///     a_t = \beta_3 a_{t-1} + (1-\beta_3)\, e_t,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \min(e_t, a_t)\, m_t \f$
///
/// Defaults:  those of adam; beta3 0.999, weight_decay 0.
/// State:     m, v and a, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    Ding et al. 2019, algorithm 1; lancopku/AdaMod. PyTorch, optax and Keras have none.
struct adamod : adam_eps_hat {
    static constexpr auto beta3 = hyper<"beta3">(0.999);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto e = let<"e">(safe_divide(corrected(lr), sqrt(v), eps));
    static constexpr auto a = ema<"a">(e, beta3);

    static constexpr auto update = param * (1 - lr * weight_decay) - min(e, a) * m;
};

}  // namespace furl::zoo
