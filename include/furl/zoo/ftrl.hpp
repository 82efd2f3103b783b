#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// FTRL-Proximal: the parameters that minimize the linearized loss so far; l1 sets parameters of little use to exactly 0.
///
/// \f$ n_t = n_{t-1} + g_t^2,\quad
///     z_t = z_{t-1} + g_t - \frac{\sqrt{n_t} - \sqrt{n_{t-1}}}{\eta}\, \theta_{t-1},\quad
///     \theta_t = \Big\{ 0 \text{ if } |z_t| \le \lambda_1,\;
///     -\frac{z_t - \lambda_1 \mathrm{sign}(z_t)}{(\beta + \sqrt{n_t}) / \eta + \lambda_2} \Big\}\f$
///
/// Defaults:  lr 0.1, beta 1, l1 0, l2 0.
/// State:     z and n, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 2 square roots, 1 division per parameter: 28 bytes in float.
/// Source:    McMahan et al. 2013, algorithm 1. The initial parameters act only through the change of sqrt(n), so a parameter
///            whose first gradient is 0 becomes 0. Keras's is ftrl_keras. PyTorch and optax have none.
struct ftrl {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto beta = hyper<"beta">(1.0);
    static constexpr auto l1 = hyper<"l1">(0.0);
    static constexpr auto l2 = hyper<"l2">(0.0);

    static constexpr auto n = accumulate<"n">(square(grad));
    static constexpr auto z = accumulate<"z">(grad - (sqrt(n) - sqrt(previous(n))) / lr * param);

    static constexpr auto update = select(abs(z) <= l1, 0, -(z - l1 * sign(z)) / ((beta + sqrt(n)) / lr + l2));
};

/// FTRL-Proximal in Keras's dialect: the sum of squares starts above 0, and l2 counts twice.
///
/// \f$ \theta_t = \Big\{ 0 \text{ if } |z_t| \le \lambda_1,\;
///     -\frac{z_t - \lambda_1 \mathrm{sign}(z_t)}{(\beta + \sqrt{n_t}) / \eta + 2\lambda_2} \Big\}\f$
///
/// Defaults:  lr 1e-3, beta 0, l1 0, l2 0, initial_accumulator_value 0.1.
/// State:     z, n values, starts at 0; n, n values, starts at initial_accumulator_value.
/// Cost:      that of ftrl.
/// Source:    Keras's Ftrl; TensorFlow's ApplyFtrlV2 with lr_power = -1/2, without its shrinkage.
struct ftrl_keras : ftrl {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta = hyper<"beta">(0.0);
    static constexpr auto initial_accumulator_value = hyper<"initial_accumulator_value">(0.1);

    static constexpr auto n = accumulate<"n">(square(grad), initial_accumulator_value);
    static constexpr auto z = accumulate<"z">(grad - (sqrt(n) - sqrt(previous(n))) / lr * param);

    static constexpr auto update = select(abs(z) <= l1, 0, -(z - l1 * sign(z)) / ((beta + sqrt(n)) / lr + 2 * l2));
};

}  // namespace furl::zoo
