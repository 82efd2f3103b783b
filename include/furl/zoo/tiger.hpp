#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Tiger: the sign of the momentum, with decoupled weight decay.
///
/// \f$ m_t = \beta m_{t-1} + (1-\beta)\, g_t,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \mathrm{sign}(m_t) \f$
///
/// Defaults:  lr 1e-3, beta 0.965, weight_decay 1e-2.
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Su 2023, https://kexue.fm/archives/9512. The author's code also scales lr by the root mean square of the
///            parameters; pytorch_optimizer's does not, nor does this. PyTorch, optax and Keras have none.
struct tiger {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta = hyper<"beta">(0.965);
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto m = ema<"m">(grad, beta);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * sign(m);
};

}  // namespace furl::zoo
