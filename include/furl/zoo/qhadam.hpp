#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// Quasi-hyperbolic Adam: each moment is an interpolation of the current gradient's moment and the average.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \frac{(1-\nu_1)\, g_t + \nu_1 \hat m_t}
///     {\sqrt{(1-\nu_2)\, g_t^2 + \nu_2 \hat v_t} + \epsilon} \f$
///
/// Defaults:  those of adam; nu1 0.7, nu2 1.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Ma & Yarats 2019; facebookresearch/qhoptim. nu1 = nu2 = 1 is adam. PyTorch, optax and Keras have none.
struct qhadam : adam {
    static constexpr auto nu1 = hyper<"nu1">(0.7);
    static constexpr auto nu2 = hyper<"nu2">(1.0);

    static constexpr auto first = (1 - nu1) * grad + nu1 * bias_corrected(m);
    static constexpr auto second = (1 - nu2) * square(grad) + nu2 * bias_corrected(v);

    static constexpr auto update = param - lr * safe_divide(first, sqrt(second), eps);
};

}  // namespace furl::zoo
