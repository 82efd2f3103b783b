#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// KATE: AdaGrad whose step does not change if all gradients are scaled.
///
/// \f$ b_t = b_{t-1} + g_t^2 + \epsilon,\quad
///     m_t = m_{t-1} + \delta g_t^2 + \frac{g_t^2}{b_t},\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\sqrt{m_t}}{b_t}\, g_t \f$
///
/// Defaults:  lr 1e-3, delta 0, eps 1e-8.
/// State:     b and m, n values each, start at 0. They are the squares of the paper's b and m.
/// Cost:      4 loads, 3 stores, 1 square root per parameter: 28 bytes in float.
/// Source:    Choudhury et al. 2024, algorithm 1, with the eps of kozistr's Kate. PyTorch and optax have none.
struct kate {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto delta = hyper<"delta">(0.0);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto b = accumulate<"b">(square(grad) + eps);
    static constexpr auto m = accumulate<"m">(delta * square(grad) + square(grad) / b);

    static constexpr auto update = param - lr * sqrt(m) * grad / b;
};

}  // namespace furl::zoo
