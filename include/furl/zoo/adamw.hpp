#pragma once

#include <furl/zoo/adam.hpp>
#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// Adam with decoupled weight decay.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Defaults:  those of adam; weight_decay 1e-2.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Loshchilov & Hutter 2019, algorithm 2, with the decay times lr as in PyTorch's and optax's AdamW (optax's
///            weight_decay defaults to 1e-4). Keras's has another epsilon: adamw_keras.
struct adamw : adam {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

/// AdamW in Keras's dialect: both corrections in the learning rate ("epsilon hat").
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} -
///     \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\, \frac{m_t}{\sqrt{v_t} + \hat\epsilon} \f$
///
/// Defaults:  those of adam; eps 1e-7, weight_decay 4e-3.
/// State:     m and v, n values each, start at 0.
/// Cost:      that of adamw.
/// Source:    Keras's AdamW.
struct adamw_keras : adam_eps_hat {
    static constexpr auto eps = hyper<"eps">(1e-7);
    static constexpr auto weight_decay = hyper<"weight_decay">(4e-3);

    static constexpr auto update = param * (1 - lr * weight_decay) - corrected(lr) * safe_divide(m, sqrt(v), eps);
};

}  // namespace furl::zoo
