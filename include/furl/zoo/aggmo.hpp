#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Aggregated momentum: the mean of three momenta with different decays.
///
/// \f$ b^{(i)}_t = \beta_i\, b^{(i)}_{t-1} + g_t,\quad
///     \theta_t = \theta_{t-1} - \frac{\eta}{3} \sum_{i=1}^{3} b^{(i)}_t \f$
///
/// Defaults:  lr 0.1, beta1 0, beta2 0.9, beta3 0.99.
/// State:     b1, b2 and b3, n values each, start at 0.
/// Cost:      5 loads, 4 stores per parameter: 36 bytes in float.
/// Source:    Lucas et al. 2019, with the three decays of its experiments; AtheMathmo/AggMo. PyTorch, optax and Keras
///            have none. For another number of momenta, write a rule with as many lines.
struct aggmo {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto beta1 = hyper<"beta1">(0.0);
    static constexpr auto beta2 = hyper<"beta2">(0.9);
    static constexpr auto beta3 = hyper<"beta3">(0.99);

    static constexpr auto b1 = furl::momentum<"b1">(grad, beta1);
    static constexpr auto b2 = furl::momentum<"b2">(grad, beta2);
    static constexpr auto b3 = furl::momentum<"b3">(grad, beta3);

    static constexpr auto update = param - lr / 3 * (b1 + b2 + b3);
};

}  // namespace furl::zoo
