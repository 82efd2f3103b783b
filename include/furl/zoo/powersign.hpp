#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// PowerSign: the gradient is enlarged where its sign agrees with that of its average, and reduced elsewhere.
///
/// \f$ m_t = \beta m_{t-1} + (1-\beta)\, g_t,\quad
///     \theta_t = \theta_{t-1} - \eta\, e^{\,l\, \mathrm{sign}(g_t)\, \mathrm{sign}(m_t)}\, g_t \f$
///
/// Defaults:  lr 0.1, logbase 1 (l: the base is e), beta 0.9.
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Bello et al. 2017; TensorFlow's ApplyPowerSign. PyTorch and optax have none.
struct powersign {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto logbase = hyper<"logbase">(1.0);
    static constexpr auto beta = hyper<"beta">(0.9);

    static constexpr auto m = ema<"m">(grad, beta);
    static constexpr auto agreement = sign(grad) * sign(m);

    // e^(l agreement) has only three values, so they are computed once a step.
    static constexpr auto power = [](auto l) {
        return select(agreement > 0, exp(l), select(agreement < 0, exp(-l), 1));
    };

    static constexpr auto update = param - lr * power(logbase) * grad;
};

/// PowerSign whose exponent decays linearly to 0, which leaves gradient descent.
///
/// \f$ f_t = 1 - \frac{\min(t-1,\, T)}{T},\quad
///     \theta_t = \theta_{t-1} - \eta\, e^{\,l f_t\, \mathrm{sign}(g_t)\, \mathrm{sign}(m_t)}\, g_t \f$
///
/// Defaults:  those of powersign; decay_steps 1e5 (T).
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Bello et al. 2017, "PowerSign-ld"; TensorFlow's ApplyPowerSign(sign_decay=f).
struct powersign_linear : powersign {
    static constexpr auto decay_steps = hyper<"decay_steps">(1e5);
    static constexpr auto f = schedules::linear(1.0, 0.0, decay_steps);

    static constexpr auto update = param - lr * power(logbase * f) * grad;
};

}  // namespace furl::zoo
