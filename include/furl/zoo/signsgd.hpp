#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// signSGD: a step of the same length for every parameter, against the sign of the gradient.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \mathrm{sign}(g_t) \f$
///
/// Defaults:  lr 1e-3.
/// Cost:      2 loads, 1 store per parameter: 12 bytes in float.
/// Source:    Bernstein et al. 2018, algorithm 1; optax's sign_sgd. The sign of 0 is 0, as there. PyTorch and Keras
///            have none.
struct signsgd {
    static constexpr auto lr = hyper<"lr">(1e-3);

    static constexpr auto update = param - lr * sign(grad);
};

}  // namespace furl::zoo
