#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AccSGD: gradient descent that is mixed with a second sequence of parameters, which takes long steps.
///
/// \f$ \beta = c^2\xi / \kappa,\quad \zeta = \frac{c}{c + \beta},\quad
///     w_t = (1-\beta)\, w_{t-1} + \beta \left(\theta_{t-1} - \frac{\eta\kappa}{c}\, g_t\right),\; w_0 = \theta_0,\quad
///     \theta_t = \zeta\, (\theta_{t-1} - \eta\, g_t) + (1-\zeta)\, w_t \f$
///
/// Defaults:  lr 1e-3, kappa 1000, xi 10, c 0.7.
/// State:     w, n values, starts at the parameters.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Jain et al. 2018 and Kidambi et al. 2018; rahulkidambi/AccSGD, whose learning rate has no default. PyTorch
///            has none.
struct accsgd {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto kappa = hyper<"kappa">(1000.0);
    static constexpr auto xi = hyper<"xi">(10.0);
    static constexpr auto c = hyper<"c">(0.7);

    static constexpr auto beta = square(c) * xi / kappa;
    static constexpr auto zeta = c / (c + beta);
    static constexpr auto w = state<"w">(param, [](auto old) {
        return (1 - beta) * old + beta * (param - lr * kappa / c * grad);
    });

    static constexpr auto update = zeta * (param - lr * grad) + (1 - zeta) * w;
};

}  // namespace furl::zoo
