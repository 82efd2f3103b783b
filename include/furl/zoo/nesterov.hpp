#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Nesterov's accelerated gradient, whose parameters are the look-ahead point.
///
/// \f$ v_t = \mu v_{t-1} + \eta\, g_t,\quad \theta_t = \theta_{t-1} - (\mu v_t + \eta\, g_t) \f$
///
/// The gradient is taken at \f$ \theta_{t-1} \f$, which the classic form calls \f$ x_{t-1} - \mu v_{t-1} \f$.
///
/// Defaults:  lr 1e-2, momentum 0.9.
/// State:     v, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Nesterov 1983; Sutskever et al. 2013, equations 3 and 4, in the variables of Bengio et al. 2013. Differs
///            from PyTorch's (sgd_nesterov) in that the learning rate is inside the accumulator.
struct nesterov {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto mu = hyper<"momentum">(0.9);

    static constexpr auto v = furl::momentum<"v">(lr * grad, mu);

    static constexpr auto update = param - (mu * v + lr * grad);
};

}  // namespace furl::zoo
