#pragma once

#include <furl/zoo/adam_eps_hat.hpp>

namespace furl::zoo {

/// AdaBound: Adam whose step lengths are clamped to an interval that narrows to the step length of gradient descent.
///
/// \f$ \theta_t = \theta_{t-1} -
///     \mathrm{clamp}\Big( \eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\, \frac{1}{\sqrt{v_t} + \epsilon},\,
///     \eta^* \Big(1 - \frac{1}{\gamma t + 1}\Big),\, \eta^* \Big(1 + \frac{1}{\gamma t}\Big) \Big)\, m_t \f$
///
/// Defaults:  those of adam; final_lr 0.1, gamma 1e-3.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Luo et al. 2019, algorithm 2, with the corrections of Luolc/AdaBound, which the paper does not have (it uses
///            lr / sqrt(t)). In Luolc/AdaBound a schedule of lr scales final_lr too. PyTorch, optax and Keras have none.
struct adabound : adam_eps_hat {
    static constexpr auto final_lr = hyper<"final_lr">(0.1);
    static constexpr auto gamma = hyper<"gamma">(1e-3);

    static constexpr auto bounded = [](auto x) {
        return clamp(x, final_lr * (1 - 1 / (gamma * step + 1)), final_lr * (1 + 1 / (gamma * step)));
    };

    static constexpr auto update = param - bounded(safe_divide(corrected(lr), sqrt(v), eps)) * m;
};

/// AMSBound: AdaBound with the largest second moment so far.
///
/// \f$ \bar v_t = \max(\bar v_{t-1}, v_t) \f$ takes the place of \f$ v_t \f$.
///
/// Defaults:  those of adabound.
/// State:     m, v and v_max, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    Luo et al. 2019, algorithm 3; Luolc/AdaBound with amsbound=True.
struct amsbound : adabound {
    static constexpr auto v_max = running_max<"v_max">(v);

    static constexpr auto update = param - bounded(safe_divide(corrected(lr), sqrt(v_max), eps)) * m;
};

}  // namespace furl::zoo
