#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Averaged gradient descent: its steps decay, and it keeps the mean of the parameters since step t0.
///
/// \f$ \eta_t = \frac{\eta}{(1 + \lambda\eta\,(t-1))^{\alpha}},\quad
///     \mu_t = \frac{1}{\max(1,\, t - 1 - t_0)},\quad
///     \theta_t = (1 - \lambda\eta_t)\, \theta_{t-1} - \eta_t\, g_t,\quad
///     a_t = (1-\mu_t)\, a_{t-1} + \mu_t\, \theta_t \f$
///
/// Defaults:  lr 1e-2, lambd 1e-4, alpha 0.75, t0 1e6.
/// State:     ax, n values: the average, which equals the parameters until step t0 + 2.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Polyak & Juditsky 1992; PyTorch's ASGD, whose step length and weight lag one step, as here. In PyTorch they
///            are states, so a change of lr acts one step late. optax and Keras have none.
struct asgd {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto lambd = hyper<"lambd">(1e-4);
    static constexpr auto alpha = hyper<"alpha">(0.75);
    static constexpr auto t0 = hyper<"t0">(1e6);

    static constexpr auto eta = let<"eta">(lr / pow(1 + lambd * lr * (step - 1), alpha));
    static constexpr auto mu = let<"mu">(1 / max(1, step - 1 - t0));
    static constexpr auto ax = state<"ax">(0.0, [](auto old) { return (1 - mu) * old + mu * updated; });

    static constexpr auto update = with(param * (1 - lambd * eta) - eta * grad, ax);
};

}  // namespace furl::zoo
