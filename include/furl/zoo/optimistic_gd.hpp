#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Optimistic gradient descent: the gradient, and its change since the last step, as a guess of the next change; for games between
/// networks.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \left((\alpha + \beta)\, g_t - \beta\, g_{t-1}\right),\quad g_0 = g_1 \f$
///
/// Defaults:  lr 1e-2, alpha 1 (the weight of the gradient), beta 1 (that of its change).
/// State:     last, n values: the gradient one step ago.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Daskalakis, Ilyas, Syrgkanis & Zeng 2018 (arXiv 1711.00141); Mokhtari, Ozdaglar & Pattathil 2019 for two
///            coefficients; optax's optimistic_gradient_descent, whose learning rate has no default.
struct optimistic_gd {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto alpha = hyper<"alpha">(1.0);
    static constexpr auto beta = hyper<"beta">(1.0);

    static constexpr auto update = param - lr * ((alpha + beta) * grad - beta * delay<"last">(grad, grad));
};

}  // namespace furl::zoo
