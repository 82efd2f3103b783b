#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Polyak's heavy ball: a step along the gradient and along the last step.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, g_t + \mu\, (\theta_{t-1} - \theta_{t-2}),\quad \theta_{-1} = \theta_0 \f$
///
/// Defaults:  lr 1e-2, momentum 0.9.
/// State:     last, n values: the parameter one step ago.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Polyak 1964, equation 9. With constant hyperparameters it takes the same steps as zoo::momentum.
struct heavy_ball {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto mu = hyper<"momentum">(0.9);

    static constexpr auto last = delay<"last">(param);

    // The first step has no previous one, so its momentum is 0. This select costs nothing in the loop.
    static constexpr auto update = param - lr * grad + select(first_step, 0, mu) * (param - last);
};

}  // namespace furl::zoo
