#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaDelta: the gradient times the root mean square of past steps over that of gradients, so a step has the parameter's unit.
///
/// \f$ v_t = \rho v_{t-1} + (1-\rho)\, g_t^2,\quad
///     d_t = \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\, g_t,\quad
///     u_t = \rho u_{t-1} + (1-\rho)\, d_t^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, d_t \f$
///
/// Defaults:  lr 1, rho 0.9, eps 1e-6.
/// State:     v and u, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 2 square roots, 1 division per parameter: 28 bytes in float.
/// Source:    Zeiler 2012, algorithm 1, which has no lr; PyTorch's and optax's Adadelta. Keras's differs in its
///            defaults: lr 1e-3, rho 0.95, eps 1e-7.
struct adadelta {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto rho = hyper<"rho">(0.9);
    static constexpr auto eps = hyper<"eps">(1e-6);

    static constexpr auto v = ema<"v">(square(grad), rho);
    static constexpr auto d = [](auto old) { return let<"d">(sqrt(old + eps) / sqrt(v + eps) * grad); };
    static constexpr auto u = state<"u">(0.0, [](auto old) { return rho * old + (1 - rho) * square(d(old)); });

    static constexpr auto update = param - lr * d(previous(u));
};

}  // namespace furl::zoo
