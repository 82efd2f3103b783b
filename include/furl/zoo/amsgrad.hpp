#pragma once

#include <furl/zoo/adam.hpp>
#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// AMSGrad: Adam with the largest second moment so far, so that no step length grows.
///
/// \f$ \bar v_t = \max(\bar v_{t-1}, v_t),\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\bar v_t / (1-\beta_2^t)} + \epsilon} \f$
///
/// Defaults:  those of adam.
/// State:     m, v and v_max, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    Reddi, Kale & Kumar 2018, algorithm 2, which corrects no bias; PyTorch's Adam(amsgrad=True), which takes
///            the maximum before the correction. optax's takes it after: amsgrad_optax; Keras's has
///            the epsilon of adam_eps_hat: amsgrad_keras.
struct amsgrad : adam {
    static constexpr auto direction = safe_divide(bias_corrected(m), sqrt(furl::amsgrad<"v_max">(v)), eps);

    static constexpr auto update = param - lr * direction;
};

/// AMSGrad in optax's dialect: the largest corrected second moment.
///
/// \f$ \bar v_t = \max(\bar v_{t-1}, \hat v_t),\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\bar v_t} + \epsilon} \f$
///
/// Defaults:  those of adam.
/// State:     m, v and v_max, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    optax's amsgrad. A large first gradient has a lasting effect: its square counts in full, not times 1 - beta2.
struct amsgrad_optax : adam {
    static constexpr auto v_max = running_max<"v_max">(bias_corrected(v));

    static constexpr auto update = param - lr * safe_divide(bias_corrected(m), sqrt(v_max), eps);
};

/// AMSGrad in Keras's dialect: the largest second moment, both corrections in the learning rate ("epsilon hat").
///
/// \f$ \bar v_t = \max(\bar v_{t-1}, v_t),\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\,
///     \frac{m_t}{\sqrt{\bar v_t} + \hat\epsilon} \f$
///
/// Defaults:  those of adam; eps 1e-7.
/// State:     m, v and v_max, n values each, start at 0.
/// Cost:      that of amsgrad.
/// Source:    Keras's Adam(amsgrad=True).
struct amsgrad_keras : adam_eps_hat {
    static constexpr auto eps = hyper<"eps">(1e-7);
    static constexpr auto v_max = running_max<"v_max">(v);

    static constexpr auto update = param - corrected(lr) * safe_divide(m, sqrt(v_max), eps);
};

/// AMSGrad with decoupled weight decay.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} -
///     \eta\, \frac{\hat m_t}{\sqrt{\bar v_t / (1-\beta_2^t)} + \epsilon} \f$
///
/// Defaults:  those of adam; weight_decay 1e-2.
/// State:     m, v and v_max, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    PyTorch's AdamW(amsgrad=True).
struct adamw_amsgrad : amsgrad {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
