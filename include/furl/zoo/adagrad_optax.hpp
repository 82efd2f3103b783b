#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaGrad in optax's dialect: the sum of squares starts above 0, and epsilon is inside the root.
///
/// \f$ s_t = s_{t-1} + g_t^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{s_t + \epsilon}} \f$, where \f$ s_t > 0 \f$
///
/// Defaults:  lr 0.1, initial_accumulator_value 0.1, eps 1e-7.
/// State:     s, n values, starts at initial_accumulator_value.
/// Cost:      3 loads, 2 stores, 1 square root, 1 division per parameter: 20 bytes in float.
/// Source:    Duchi, Hazan & Singer 2011; optax's adagrad. Keras's Adagrad is the same with an lr of 1e-3. PyTorch's
///            (zoo::adagrad) has epsilon outside the root, a decay of lr, and starts s at 0.
struct adagrad_optax {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto initial_accumulator_value = hyper<"initial_accumulator_value">(0.1);
    static constexpr auto eps = hyper<"eps">(1e-7);

    static constexpr auto s = accumulate<"s">(square(grad), initial_accumulator_value);

    static constexpr auto update = param - lr * select(s > 0, grad / sqrt(s + eps), 0);
};

}  // namespace furl::zoo
