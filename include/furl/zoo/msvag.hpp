#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// M-SVAG: momentum in which each parameter is damped by the variance of its gradient.
///
/// \f$ \rho_t = \min\Big(0.9999,\, \frac{(1-\beta)^2 (1-\beta^{2t})}{(1-\beta^2)(1-\beta^t)^2}\Big),\quad
///     s_t = \frac{\max(\hat v_t - \hat m_t^2,\, 0)}{1 - \rho_t},\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t^2}{\hat m_t^2 + \rho_t s_t}\, \hat m_t \f$
///
/// where the fraction is clamped to [0, 1], and is 0 where it would be 0 / 0. Both averages have the decay beta.
///
/// Defaults:  lr 0.1, beta 0.9.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 division per parameter: 28 bytes in float.
/// Source:    Balles & Hennig 2018, with the 0.9999 of lballes/msvag, which acts in the first step: there the fraction
///            is 1, up to a rounding error times 1e4. PyTorch, optax and Keras have none.
struct msvag {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto beta = hyper<"beta">(0.9);

    static constexpr auto m = ema<"m">(grad, beta);
    static constexpr auto v = ema<"v">(square(grad), beta);

    static constexpr auto power = pow(beta, step);
    static constexpr auto rho =
        let<"rho">(min(0.9999, square(1 - beta) * (1 - square(power)) / ((1 - square(beta)) * square(1 - power))));
    static constexpr auto mean = bias_corrected(m);
    static constexpr auto total = square(mean) + rho * max(bias_corrected(v) - square(mean), 0) / (1 - rho);
    static constexpr auto factor = select(total != 0, clamp(square(mean) / total, 0, 1), 0);

    static constexpr auto update = param - lr * factor * mean;
};

}  // namespace furl::zoo
