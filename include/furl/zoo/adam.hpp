#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Adam, with epsilon outside the root.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-8.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Kingma & Ba 2015, algorithm 1; PyTorch's and optax's Adam up to rounding. TensorFlow's adds eps to the
///            root of v without its correction ("epsilon hat").
struct adam {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto direction = safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);

    static constexpr auto update = param - lr * direction;
};

/// Adam, with epsilon inside the root.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t + \epsilon}} \f$
///
/// Defaults:  those of adam.
/// State:     that of adam.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    optax's Adam(eps=0, eps_root=...), tiny-dnn.
struct adam_eps_inside : adam {
    static constexpr auto direction = bias_corrected(m) / sqrt(bias_corrected(v) + eps);

    static constexpr auto update = param - lr * direction;
};

}  // namespace furl::zoo
