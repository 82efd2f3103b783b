#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// FTML, follow the moving leader: each step minimizes a weighted sum of all earlier parabolas.
///
/// \f$ d_t = \frac{1-\beta_1^t}{\eta} \left(\sqrt{\hat v_t} + \epsilon\right),\quad
///     z_t = \beta_1 z_{t-1} + (1-\beta_1)\, g_t - (d_t - \beta_1 d_{t-1})\, \theta_{t-1},\quad
///     \theta_t = -z_t / d_t \f$, with the v of adam
///
/// Defaults:  lr 2.5e-3, beta1 0.6, beta2 0.999, eps 1e-8.
/// State:     v, d and z, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root per parameter: 36 bytes in float.
/// Source:    Zheng & Kwok 2017, algorithm 1; MXNet's and ensmallen's FTML. PyTorch and optax have none.
struct ftml {
    static constexpr auto lr = hyper<"lr">(2.5e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.6);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto d = state<"d">(0.0, [](auto) {
        return (1 - pow(beta1, step)) / lr * (sqrt(bias_corrected(v)) + eps);
    });
    static constexpr auto z = state<"z">(0.0, [](auto old) {
        return beta1 * old + (1 - beta1) * grad - (d - beta1 * previous(d)) * param;
    });

    static constexpr auto update = -z / d;
};

}  // namespace furl::zoo
