#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// DoWG, distance over weighted gradients: DoG whose gradients are weighted by the distance from the start.
///
/// \f$ r_t^2 = \max(r_{t-1}^2, \lVert\theta_{t-1} - \theta_0\rVert^2),\; r_0^2 = \epsilon,\quad
///     v_t = v_{t-1} + r_t^2 \lVert g_t\rVert^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{r_t^2}{\sqrt{v_t} + \epsilon}\, g_t \f$
///
/// The norms are over all tensors together.
///
/// Defaults:  lr 1, eps 1e-4.
/// State:     x0, n values: the first parameters; r2 and v, one number each.
/// Cost:      2 passes: 6 loads, 2 stores per parameter: 32 bytes in float.
/// Source:    Khaled, Mishchenko & Jin 2023, algorithm 1; rka97's DoWG; optax's dowg, which also has the lr. Differs from
///            the paper in eps: the paper has it in neither place, and chooses r_0 separately.
struct dowg {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto eps = hyper<"eps">(1e-4);

    static constexpr auto x0 = state<"x0">(param, [](auto old) { return old; });
    static constexpr auto r2 = running_max<"r2">(global(dot(param - x0, param - x0)), eps);
    static constexpr auto v = accumulate<"v">(r2 * global(dot(grad, grad)));

    static constexpr auto update = param - lr * r2 / (sqrt(v) + eps) * grad;
};

}  // namespace furl::zoo
