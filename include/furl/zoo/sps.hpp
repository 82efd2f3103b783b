#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// SPS_max, the stochastic Polyak step length with an upper bound, which is the learning rate.
///
/// \f$ \gamma_t = \min\left(\frac{\max(\ell_t - f_{\min}, 0)}{c \lVert g_t\rVert^2 + \epsilon},\, \eta\right),\quad
///     \theta_t = \theta_{t-1} - \gamma_t\, g_t \f$
///
/// The norm is over all tensors together. Where it is below 1e-8, the parameters stay as they are.
///
/// Defaults:  lr 1, c 0.5, f_min 0, eps 1e-8.
/// Input:     loss, one number per step, the value whose gradient is given: `furl::step_input<"loss"> = loss`.
/// State:     none.
/// Cost:      2 passes: 3 loads, 1 store per parameter: 16 bytes in float.
/// Source:    Loizou, Vaswani, Laradji & Lacoste-Julien 2021; IssamLaradji's Sps(adapt_flag="constant").
///            With c 1 and eps 0 it is optax's polyak_sgd(variant="sps+"). PyTorch has none.
struct sps {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto c = hyper<"c">(0.5);
    static constexpr auto f_min = hyper<"f_min">(0.0);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto squared_norm = let<"squared_norm">(global(dot(grad, grad)));
    static constexpr auto moves = squared_norm >= 1e-16;
    static constexpr auto polyak = [](auto gap) { return gap / (c * squared_norm + eps); };
    static constexpr auto rate = let<"rate">(select(moves, min(polyak(max(step_input<"loss"> - f_min, 0.0)), lr), 0.0));

    static constexpr auto update = param - rate * grad;
};

/// SPS_max whose upper bound follows the step length: it grows by no more than a constant factor from step to step.
///
/// \f$ \gamma_t = \min\left(\frac{\ell_t}{c \lVert g_t\rVert^2 + \epsilon},\, \tau^{1/n} \gamma_{t-1}\right),\;
///     \gamma_0 = 1,\quad \theta_t = \theta_{t-1} - \eta\, \gamma_t\, g_t \f$
///
/// The norm is over all tensors together. Where it is below 1e-8, the parameters and the step length stay as they are.
///
/// Defaults:  lr 1, c 0.5, eps 1e-8, growth 2 (tau), batches_per_epoch 500 (n), initial_rate 1.
/// Input:     that of sps: loss.
/// State:     gamma, one number: the last step length.
/// Cost:      that of sps.
/// Source:    Loizou, Vaswani, Laradji & Lacoste-Julien 2021; IssamLaradji's Sps(adapt_flag="smooth_iter"),
///            its default. There the step length becomes 0 for good after a gradient of 0. lr is ours, 1 there.
struct sps_smooth : sps {
    static constexpr auto growth = hyper<"growth">(2.0);
    static constexpr auto batches_per_epoch = hyper<"batches_per_epoch">(500.0);
    static constexpr auto initial_rate = hyper<"initial_rate">(1.0);

    static constexpr auto gamma = state<"gamma">(initial_rate, [](auto old) {
        return select(moves, min(polyak(step_input<"loss">), pow(growth, 1 / batches_per_epoch) * old), old);
    });

    static constexpr auto update = param - lr * gamma * grad;
};

}  // namespace furl::zoo
