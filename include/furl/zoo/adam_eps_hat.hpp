#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// Adam with both corrections in the learning rate, so that epsilon is added to the uncorrected root ("epsilon hat").
///
/// \f$ \eta_t = \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t},\quad
///     \theta_t = \theta_{t-1} - \eta_t\, \frac{m_t}{\sqrt{v_t} + \hat\epsilon} \f$
///
/// Defaults:  those of adam.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Kingma & Ba 2015, end of section 2; TensorFlow's Adam; Keras's, whose eps is 1e-7. It equals adam with an
///            epsilon that falls from eps / sqrt(1 - beta2) to eps. PyTorch and optax have zoo::adam.
struct adam_eps_hat : adam {
    // Multiplies x by both corrections, for rules that derive from this one.
    static constexpr auto corrected = [](auto x) { return x * sqrt(1 - pow(beta2, step)) / (1 - pow(beta1, step)); };

    static constexpr auto update = param - corrected(lr) * safe_divide(m, sqrt(v), eps);
};

}  // namespace furl::zoo
