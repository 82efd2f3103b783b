#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Polyak's step length in optax's dialect: how far the loss is above its lower bound, over the squared norm of the
/// gradient.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \min\left(\frac{\ell_t - f_{\min}}{\lVert g_t\rVert^2 + \epsilon},\,
///     \gamma_{\max}\right) g_t \f$
///
/// The norm is over all tensors together. Where it is 0, the parameters stay as they are. A loss below f_min makes the
/// step go uphill; sps does not.
///
/// Defaults:  lr 1, max_lr 1, f_min 0, eps 0.
/// Input:     loss, one number per step, the value whose gradient is given: `furl::step_input<"loss"> = loss`.
/// State:     none.
/// Cost:      2 passes: 3 loads, 1 store per parameter: 16 bytes in float.
/// Source:    Polyak 1987; optax's polyak_sgd, in which lr is the scaling and max_lr the
///            max_learning_rate. PyTorch has none.
struct polyak_sgd {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto max_lr = hyper<"max_lr">(1.0);
    static constexpr auto f_min = hyper<"f_min">(0.0);
    static constexpr auto eps = hyper<"eps">(0.0);

    static constexpr auto squared_norm = let<"squared_norm">(global(dot(grad, grad)) + eps);
    static constexpr auto rate =
        let<"rate">(select(squared_norm > 0x1p-52, min((step_input<"loss"> - f_min) / squared_norm, max_lr), 0.0));

    static constexpr auto update = param - lr * rate * grad;
};

}  // namespace furl::zoo
