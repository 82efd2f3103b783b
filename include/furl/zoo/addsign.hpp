#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AddSign: the gradient is enlarged where its sign agrees with that of its average, and dropped elsewhere (with alpha = 1).
///
/// \f$ m_t = \beta m_{t-1} + (1-\beta)\, g_t,\quad
///     \theta_t = \theta_{t-1} - \eta\, \big(\alpha + \mathrm{sign}(g_t)\, \mathrm{sign}(m_t)\big)\, g_t \f$
///
/// Defaults:  lr 0.1, alpha 1, beta 0.9.
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Bello et al. 2017; TensorFlow's ApplyAddSign. PyTorch and optax have none.
struct addsign {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto alpha = hyper<"alpha">(1.0);
    static constexpr auto beta = hyper<"beta">(0.9);

    static constexpr auto m = ema<"m">(grad, beta);
    static constexpr auto agreement = sign(grad) * sign(m);

    static constexpr auto update = param - lr * (alpha + agreement) * grad;
};

/// AddSign whose sign term decays linearly to 0, which leaves gradient descent.
///
/// \f$ f_t = 1 - \frac{\min(t-1,\, T)}{T},\quad
///     \theta_t = \theta_{t-1} - \eta\, \big(\alpha + f_t\, \mathrm{sign}(g_t)\, \mathrm{sign}(m_t)\big)\, g_t \f$
///
/// Defaults:  those of addsign; decay_steps 1e5 (T).
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Bello et al. 2017, "AddSign-ld"; TensorFlow's ApplyAddSign(sign_decay=f).
struct addsign_linear : addsign {
    static constexpr auto decay_steps = hyper<"decay_steps">(1e5);
    static constexpr auto f = schedules::linear(1.0, 0.0, decay_steps);

    static constexpr auto update = param - lr * (alpha + f * agreement) * grad;
};

}  // namespace furl::zoo
