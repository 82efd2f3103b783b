#pragma once

#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// diffGrad: Adam that takes smaller steps where the gradient changes little.
///
/// \f$ \xi_t = \frac{1}{1 + e^{-|g_{t-1} - g_t|}},\; g_0 = 0,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\,
///     \frac{\xi_t m_t}{\sqrt{v_t} + \epsilon} \f$
///
/// Defaults:  those of adam.
/// State:     m, v and last (the gradient one step ago), n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 exponential, 2 divisions per parameter: 36 bytes in float.
/// Source:    Dubey et al. 2019. The authors' code keeps a reference to the gradient in place of the previous one, so its
///            difference is 0; this rule keeps a copy. PyTorch, optax and Keras have none.
struct diffgrad : adam_eps_hat {
    static constexpr auto friction = sigmoid(abs(delay<"last">(grad) - grad));

    static constexpr auto update = param - corrected(lr) * safe_divide(friction * m, sqrt(v), eps);
};

}  // namespace furl::zoo
