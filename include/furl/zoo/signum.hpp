#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Signum: the sign of the momentum.
///
/// \f$ m_t = \beta m_{t-1} + (1-\beta)\, g_t,\quad \theta_t = \theta_{t-1} - \eta\, \mathrm{sign}(m_t) \f$
///
/// Defaults:  lr 1e-3, beta 0.9.
/// State:     m, n values, starts at 0; the sign needs no bias correction.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Bernstein et al. 2018, algorithm 2, without its weight decay (with it: tiger); optax's signum. PyTorch
///            and Keras have none.
struct signum {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta = hyper<"beta">(0.9);

    static constexpr auto m = ema<"m">(grad, beta);

    static constexpr auto update = param - lr * sign(m);
};

}  // namespace furl::zoo
