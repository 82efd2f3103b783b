#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// PyTorch's momentum: the learning rate is outside the accumulator, and dampening starts after the first step.
///
/// \f$ b_t = \mu b_{t-1} + d_t\, g_t,\quad d_1 = 1,\; d_t = 1 - \tau,\quad \theta_t = \theta_{t-1} - \eta\, b_t \f$
///
/// Defaults:  lr 1e-2, momentum 0.9, dampening 0.
/// State:     b, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    torch.optim.SGD(momentum=..., dampening=...), whose first step copies the gradient undampened.
struct sgd_momentum {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto dampening = hyper<"dampening">(0.0);

    static constexpr auto b = furl::momentum<"b">(select(first_step, 1, 1 - dampening) * grad, mu);

    static constexpr auto update = param - lr * b;
};

/// PyTorch's Nesterov momentum: the step looks ahead along the accumulator.
///
/// \f$ b_t = \mu b_{t-1} + g_t,\quad \theta_t = \theta_{t-1} - \eta\, (g_t + \mu b_t) \f$
///
/// Defaults:  lr 1e-2, momentum 0.9.
/// State:     b, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    torch.optim.SGD(momentum=..., nesterov=True).
struct sgd_nesterov {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto mu = hyper<"momentum">(0.9);

    static constexpr auto b = furl::momentum<"b">(grad, mu);

    static constexpr auto update = param - lr * (grad + mu * b);
};

}  // namespace furl::zoo
