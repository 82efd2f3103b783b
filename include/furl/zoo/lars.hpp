#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// LARS: momentum on gradients that are scaled to a fraction of their tensor's norm.
///
/// \f$ r_t = \frac{\rho\, \lVert\theta_{t-1}\rVert}
///                {\lVert g_t\rVert + \lambda \lVert\theta_{t-1}\rVert + \epsilon},\quad
///     b_t = \mu b_{t-1} + d_t\, r_t\, (g_t + \lambda\theta_{t-1}),\; d_1 = 1,\; d_t = 1 - \tau,\quad
///     \theta_t = \theta_{t-1} - \eta\, b_t \f$
///
/// The norms are those of the tensor; where either is 0, r_t is 1.
///
/// Defaults:  lr 1, momentum 0.9, dampening 0, weight_decay 0, trust_coefficient 1e-3, eps 1e-8.
/// State:     b, n values, starts at 0.
/// Cost:      2 passes: 5 loads, 2 stores per parameter: 28 bytes in float.
/// Source:    You, Gitman & Ginsburg 2017, algorithm 1, with lr outside the accumulator as in PyTorch's SGD: timm's
///            Lars with always_adapt=True (without it, timm adapts only where weight_decay is not 0; its momentum is 0
///            unless given). optax's is lars_optax; PyTorch has none.
struct lars {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto dampening = hyper<"dampening">(0.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto trust_coefficient = hyper<"trust_coefficient">(1e-3);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto trust = trust_ratio(grad, trust_coefficient, weight_decay * norm(param) + eps);
    static constexpr auto ratio = let<"r">(trust);
    static constexpr auto d = let<"d">(ratio * (grad + weight_decay * param));
    static constexpr auto b = furl::momentum<"b">(select(first_step, 1, 1 - dampening) * d, mu);

    static constexpr auto update = param - lr * b;
};

/// LARS with PyTorch's Nesterov momentum.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, (r_t\, (g_t + \lambda\theta_{t-1}) + \mu b_t) \f$
///
/// Defaults, State, Cost:  those of lars.
/// Source:    timm's Lars(nesterov=True, always_adapt=True).
struct lars_nesterov : lars {
    static constexpr auto update = param - lr * (d + mu * b);
};

/// LARS that never takes a longer step than momentum does ("LARC"): \f$ r_t \leftarrow \min(r_t / \eta, 1) \f$.
///
/// Defaults, State, Cost:  those of lars.
/// Source:    timm's Lars(trust_clip=True, always_adapt=True); NVIDIA apex's LARC(clip=True).
struct lars_clip : lars {
    static constexpr auto ratio = let<"r">(min(trust / lr, 1));
    static constexpr auto d = let<"d">(ratio * (grad + weight_decay * param));
    static constexpr auto b = furl::momentum<"b">(select(first_step, 1, 1 - dampening) * d, mu);

    static constexpr auto update = param - lr * b;
};

/// LARS in optax's dialect: the norm is that of the gradient plus weight decay, and lr is inside the accumulator.
///
/// \f$ u_t = g_t + \lambda\theta_{t-1},\quad
///     r_t = \frac{\rho\, \lVert\theta_{t-1}\rVert}{\lVert u_t\rVert + \epsilon},\quad
///     b_t = \mu b_{t-1} + \eta\, r_t\, u_t,\quad \theta_t = \theta_{t-1} - b_t \f$
///
/// Where either norm is 0, r_t is 1.
///
/// Defaults:  lr 1, momentum 0.9, weight_decay 0, trust_coefficient 1e-3, eps 0.
/// State:     b, n values, starts at 0.
/// Cost:      2 passes: 5 loads, 2 stores per parameter: 28 bytes in float.
/// Source:    optax's lars.
struct lars_optax {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto trust_coefficient = hyper<"trust_coefficient">(1e-3);
    static constexpr auto eps = hyper<"eps">(0.0);

    static constexpr auto u = let<"u">(grad + weight_decay * param);
    static constexpr auto ratio = let<"r">(trust_ratio(u, trust_coefficient, eps));
    static constexpr auto d = let<"d">(lr * ratio * u);
    static constexpr auto b = furl::momentum<"b">(d, mu);

    static constexpr auto update = param - b;
};

/// optax's LARS with Nesterov momentum.
///
/// \f$ \theta_t = \theta_{t-1} - (\eta\, r_t\, u_t + \mu b_t) \f$
///
/// Defaults, State, Cost:  those of lars_optax.
/// Source:    optax's lars(nesterov=True).
struct lars_optax_nesterov : lars_optax {
    static constexpr auto update = param - (d + mu * b);
};

}  // namespace furl::zoo
