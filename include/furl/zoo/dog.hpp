#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// DoG, distance over gradients: the step length is the distance from the start over the root of the sum of squared gradients.
///
/// \f$ r_t = \max(r_{t-1}, \lVert\theta_{t-1} - \theta_0\rVert),\; r_0 = \rho\, (1 + \lVert\theta_0\rVert),\quad
///     G_t = G_{t-1} + \lVert g_t\rVert^2,\; G_0 = \epsilon,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{r_t}{\sqrt{G_t}}\, g_t \f$
///
/// The norms are over all tensors together.
///
/// Defaults:  lr 1, reps_rel 1e-6, eps 1e-8.
/// State:     x0, n values: the first parameters; r and G, one number each.
/// Cost:      2 passes: 6 loads, 2 stores per parameter: 32 bytes in float.
/// Source:    Ivgi, Hinder & Carmon 2023; formll's DoG, optax's dog with its "heuristic" first step. The paper
///            evaluates an average of the parameters: weight_ema(update, ...) keeps one. PyTorch has none.
struct dog {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto reps_rel = hyper<"reps_rel">(1e-6);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto x0 = state<"x0">(param, [](auto old) { return old; });
    static constexpr auto r = running_max<"r">(global(norm(param - x0)), reps_rel * (1 + global(norm(param))));
    static constexpr auto G = accumulate<"G">(global(dot(grad, grad)), eps);

    static constexpr auto update = param - lr * r / sqrt(G) * grad;
};

/// LDoG: DoG for each tensor separately.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \frac{r_t}{\sqrt{G_t}}\, g_t \f$ as in dog, with the norms of the tensor.
///
/// Defaults:  those of dog: lr 1, reps_rel 1e-6, eps 1e-8.
/// State:     x0, n values: the first parameters; r and G, one number per tensor.
/// Cost:      that of dog.
/// Source:    Ivgi, Hinder & Carmon 2023; formll's LDoG, optax's scale_by_l_dog.
struct ldog {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto reps_rel = hyper<"reps_rel">(1e-6);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto x0 = state<"x0">(param, [](auto old) { return old; });
    static constexpr auto r = running_max<"r">(norm(param - x0), reps_rel * (1 + norm(param)));
    static constexpr auto G = accumulate<"G">(dot(grad, grad), eps);

    static constexpr auto update = param - lr * r / sqrt(G) * grad;
};

}  // namespace furl::zoo
