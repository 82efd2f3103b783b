#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// PID: a weighted sum of the gradient, its integral and its derivative, as in a PID controller.
///
/// \f$ I_t = \mu I_{t-1} + d_t\, g_t,\; d_1 = 1,\; d_t = 1 - \tau,\quad
///     D_t = \mu D_{t-1} + (1-\mu)(g_t - g_{t-1}),\; D_1 = 0,\quad
///     \theta_t = \theta_{t-1} - \eta\, (g_t + k_I I_t + k_D D_t) \f$
///
/// Defaults:  lr 1e-2, momentum 0.9, dampening 0, integral 5, derivative 10.
/// State:     i, d and last (the gradient one step ago), n values each, start at 0.
/// Cost:      5 loads, 4 stores per parameter: 36 bytes in float.
/// Source:    An et al. 2018. The authors' code uses g_2 for the difference at step 2, where the paper and this rule use
///            g_2 - g_1. PyTorch, optax and Keras have none; the integral alone is PyTorch's momentum.
struct pid {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto dampening = hyper<"dampening">(0.0);
    static constexpr auto integral = hyper<"integral">(5.0);
    static constexpr auto derivative = hyper<"derivative">(10.0);

    // The first step differs only in factors, which cost nothing in the loop.
    static constexpr auto i = furl::momentum<"i">(select(first_step, 1, 1 - dampening) * grad, mu);
    static constexpr auto d = furl::momentum<"d">(select(first_step, 0, 1 - mu) * (grad - delay<"last">(grad)), mu);

    static constexpr auto update = param - lr * (grad + integral * i + derivative * d);
};

}  // namespace furl::zoo
