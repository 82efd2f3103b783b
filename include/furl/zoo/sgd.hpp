#pragma once

#include <furl/language/language.hpp>

namespace furl::zoo {

/// Gradient descent: batch, stochastic or mini-batch, depending on the gradient.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, g_t \f$
///
/// Defaults:  lr 1e-2 (dimension: parameter^2 / loss).
/// Cost:      2 loads, 1 store, 1 fma per parameter: 12 bytes in float.
/// Source:    Cauchy 1847; Robbins & Monro 1951. PyTorch's SGD with momentum = 0.
struct sgd {
    static constexpr auto lr = hyper<"lr">(1e-2);

    static constexpr auto update = param - lr * grad;
};

}  // namespace furl::zoo
