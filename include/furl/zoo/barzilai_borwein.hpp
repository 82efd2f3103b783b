#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Barzilai-Borwein: gradient descent whose step length is the inverse curvature along the last step, made positive and
/// bounded.
///
/// \f$ x = \theta_{t-1} - \theta_{t-2},\quad y = g_t - g_{t-1},\quad
///     a_t = \min\left(\frac{\langle x, x\rangle}{|\langle x, y\rangle|}, a_{\max}\right),\; a_1 = \eta,\quad
///     \theta_t = \theta_{t-1} - a_t\, g_t \f$
///
/// The inner products are over all tensors together. If the denominator is 0, a stays as it is.
///
/// Defaults:  lr 1e-3, lr_max 1.
/// State:     last_param and last_grad, n values each; a, one number.
/// Cost:      2 passes: 6 loads, 3 stores per parameter: 36 bytes in float.
/// Source:    Barzilai & Borwein 1988, equation 5. The absolute value and the bound are needed where the loss is not a
///            convex quadratic. PyTorch and optax have none.
struct barzilai_borwein {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto lr_max = hyper<"lr_max">(1.0);

    static constexpr auto x = let<"x">(param - delay<"last_param">(param, param));
    static constexpr auto y = let<"y">(grad - delay<"last_grad">(grad, grad));

    static constexpr auto step_length = [](auto numerator, auto denominator) {
        return state<"a">(lr, [=](auto old) {
            return select(denominator > 0, min(numerator / denominator, lr_max), old);
        });
    };
    static constexpr auto a = step_length(global(dot(x, x)), abs(global(dot(x, y))));

    static constexpr auto update = param - a * grad;
};

/// Barzilai-Borwein with the shorter of the two step lengths.
///
/// \f$ a_t = \min\left(\frac{|\langle x, y\rangle|}{\langle y, y\rangle}, a_{\max}\right) \f$
///
/// Defaults, State, Cost:  those of barzilai_borwein.
/// Source:    Barzilai & Borwein 1988, equation 6.
struct barzilai_borwein_short : barzilai_borwein {
    static constexpr auto a = step_length(abs(global(dot(x, y))), global(dot(y, y)));

    static constexpr auto update = param - a * grad;
};

}  // namespace furl::zoo
