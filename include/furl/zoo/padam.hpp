#pragma once

#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// Padam: AMSGrad with a weaker power of the second moment, between momentum (p = 0) and AMSGrad (p = 1/2).
///
/// \f$ \bar v_t = \max(\bar v_{t-1}, v_t),\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\,
///     \frac{m_t}{(\sqrt{\bar v_t} + \epsilon)^{2p}} \f$
///
/// Defaults:  those of adam; lr 0.1, partial 0.25 (p).
/// State:     m, v and v_max, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 power, 1 division per parameter: 36 bytes in float.
/// Source:    Chen et al. 2018, algorithm 1, with the corrections of uclaml/Padam, which the paper does not have.
///            PyTorch, optax and Keras have none.
struct padam : adam_eps_hat {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto partial = hyper<"partial">(0.25);

    static constexpr auto v_max = running_max<"v_max">(v);

    static constexpr auto update = param - corrected(lr) * m / pow(sqrt(v_max) + eps, 2 * partial);
};

}  // namespace furl::zoo
