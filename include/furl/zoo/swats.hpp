#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// SWATS: Adam until it has found the learning rate with which SGD takes the same steps, and from then on SGD with momentum.
///
/// \f$ p_t = -\eta\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\, \frac{m_t}{\sqrt{v_t} + \epsilon},\quad
///     \gamma_t = \frac{\langle p_t, p_t\rangle}{-\langle p_t, g_t\rangle},\quad
///     \lambda_t = \beta_2 \lambda_{t-1} + (1-\beta_2)\, \gamma_t,\quad \theta_t = \theta_{t-1} + p_t \f$
///
/// As soon as \f$ t > 1 \f$, \f$ \hat\lambda_t > 0 \f$ and \f$ |\hat\lambda_t - \gamma_t| < \tau \f$, the rate is
/// \f$ \Lambda = \hat\lambda_t \f$; the steps after that are
///
/// \f$ b_t = \beta_1 b_{t-1} + g_t,\quad \theta_t = \theta_{t-1} - (1-\beta_1)\, \Lambda\, b_t \f$
///
/// The inner products are over all tensors together.
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-9, tolerance 1e-9.
/// State:     m, v and b, n values each; lambda and rate, one number each; rate is 0 until the switch. They start at 0.
/// Cost:      2 passes: 8 loads, 4 stores per parameter: 48 bytes in float.
/// Source:    Keskar & Socher 2017, algorithm 1, and from Mrpatekful/swats the condition that the rate is positive. kozistr's
///            compares with a relative tolerance of 1e-6, and switches each tensor on its own.
struct swats {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-9);
    static constexpr auto tolerance = hyper<"tolerance">(1e-9);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto corrected = lr * sqrt(1 - pow(beta2, step)) / (1 - pow(beta1, step));
    static constexpr auto p = let<"p">(-corrected * safe_divide(m, sqrt(v), eps));

    // The rate reads the average, and the average reads the old rate, which it therefore takes as an argument.
    static constexpr auto slope = global(dot(p, grad));
    static constexpr auto gamma = let<"gamma">(global(dot(p, p)) / -slope);
    static constexpr auto averaged = [](auto old_rate) {
        return state<"lambda">(0.0, [&](auto old) {
            return select(old_rate == 0 && slope != 0, beta2 * old + (1 - beta2) * gamma, old);
        });
    };
    static constexpr auto rate = state<"rate">(0.0, [](auto old) {
        const auto estimate = averaged(old) / (1 - pow(beta2, step));
        const auto known = slope != 0 && step > 1 && estimate > 0 && abs(estimate - gamma) < tolerance;
        return select(old == 0 && known, estimate, old);
    });
    static constexpr auto lambda = averaged(previous(rate));
    static constexpr auto b = state<"b">(0.0, [](auto old) { return select(previous(rate) > 0, beta1 * old + grad, 0); });

    static constexpr auto update =
        with(select(previous(rate) > 0, param - (1 - beta1) * previous(rate) * b, param + p), rate, lambda);
};

}  // namespace furl::zoo
