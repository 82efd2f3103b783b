#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Quasi-hyperbolic momentum: a step along an interpolation of the gradient and its average.
///
/// \f$ m_t = \beta m_{t-1} + (1-\beta)\, g_t,\quad
///     \theta_t = \theta_{t-1} - \eta\, \big((1-\nu)\, g_t + \nu\, m_t\big) \f$
///
/// Defaults:  lr 0.1, beta 0.9, nu 0.7.
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Ma & Yarats 2019; facebookresearch/qhoptim. PyTorch, optax and Keras have none. With nu 0 it is sgd; with nu 1
///            it is momentum with an ema, where PyTorch's momentum has a sum.
struct qhm {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto beta = hyper<"beta">(0.9);
    static constexpr auto nu = hyper<"nu">(0.7);

    static constexpr auto m = ema<"m">(grad, beta);

    static constexpr auto update = param - lr * ((1 - nu) * grad + nu * m);
};

}  // namespace furl::zoo
