#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// FTRL-Proximal: the parameters that minimize all gradients so far, by l1 exactly 0 where they are of little use.
///
/// \f$ n_t = n_{t-1} + g_t^2,\quad
///     z_t = z_{t-1} + g_t - \frac{\sqrt{n_t} - \sqrt{n_{t-1}}}{\eta}\, \theta_{t-1},\quad
///     \theta_t = \Big\{ 0 \text{ if } |z_t| \le \lambda_1,\;
///     -\frac{z_t - \lambda_1 \mathrm{sign}(z_t)}{(\beta + \sqrt{n_t}) / \eta + \lambda_2} \Big\}\f$
///
/// Defaults:  lr 0.1, beta 1, l1 0, l2 0.
/// State:     z and n, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 2 square roots, 1 division per parameter: 28 bytes in float.
/// Source:    McMahan et al. 2013, algorithm 1. The parameters at the start act through the weights of n only: one
///            whose first gradient is 0 becomes 0. Keras's Ftrl starts n at 0.1, has beta 0 and twice l2. PyTorch and
///            optax have none.
struct ftrl {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto beta = hyper<"beta">(1.0);
    static constexpr auto l1 = hyper<"l1">(0.0);
    static constexpr auto l2 = hyper<"l2">(0.0);

    static constexpr auto n = accumulate<"n">(square(grad));
    static constexpr auto z = accumulate<"z">(grad - (sqrt(n) - sqrt(previous(n))) / lr * param);

    static constexpr auto update = select(abs(z) <= l1, 0, -(z - l1 * sign(z)) / ((beta + sqrt(n)) / lr + l2));
};

}  // namespace furl::zoo
