#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Sophia-G: momentum divided by an estimate of the curvature from gradients with sampled labels, clipped to [-1, 1].
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1}
///              - \eta\, \mathrm{clamp}\left(\frac{m_t}{\rho\, B\, h_{t-1} + 10^{-15}}, \pm 1\right) \f$
///
/// \f$ h_t = \beta_2 h_{t-1} + (1-\beta_2)\, \tilde g_t^2 \f$ in every k-th step (t = k, 2k, ...), else
/// \f$ h_t = h_{t-1} \f$
///
/// Input:     "hessian", the gradient \f$ \tilde g_t \f$ for labels that are drawn from the model's own predictions. Only
///            every k-th step uses it; in the others pass any tensor of its size, such as the gradient.
/// Defaults:  lr 1e-4, beta1 0.965, beta2 0.99, rho 0.04, batch 5120 (B, the number of examples or tokens),
///            weight_decay 0.1, interval 10 (k).
/// State:     m and h, n values each, start at 0.
/// Cost:      5 loads, 3 stores, 1 division per parameter: 32 bytes in float.
/// Source:    Liu et al. 2023, algorithm 3, with the learning rate and rho of the authors' SophiaG. PyTorch and optax
///            have none.
struct sophia_g {
    static constexpr auto lr = hyper<"lr">(1e-4);
    static constexpr auto beta1 = hyper<"beta1">(0.965);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto rho = hyper<"rho">(0.04);
    static constexpr auto batch = hyper<"batch">(5120.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.1);
    static constexpr auto interval = hyper<"interval">(10.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto is_due = step == interval * floor(step / interval);
    static constexpr auto h = state<"h">(0.0, [](auto old) {
        return select(is_due, beta2 * old + (1 - beta2) * square(input<"hessian">), old);
    });

    static constexpr auto update =
        param * (1 - lr * weight_decay) - lr * clamp(m / (rho * batch * previous(h) + 1e-15), -1, 1);
};

/// Sophia-H: momentum divided by Hutchinson's estimate of the diagonal of the Hessian, clipped.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1}
///              - \eta\, \mathrm{clamp}\left(\frac{\hat m_t}{\max(\gamma\, h_{t-1}, \epsilon)}, \pm c\right) \f$
///
/// \f$ h_t = \beta_2 h_{t-1} + (1-\beta_2)\, u_t \odot H_t u_t \f$ in every k-th step (t = 1, k + 1, ...), else
/// \f$ h_t = h_{t-1} \f$
///
/// Input:     "hessian", \f$ u \odot H u \f$ for random signs or normal numbers u. Only every k-th step uses it; in the
///            others pass any tensor of its size, such as the gradient.
/// Defaults:  lr 1e-3, beta1 0.965, beta2 0.99, eps 1e-8, gamma 0.01, clip 1, weight_decay 1e-4, interval 10 (k).
/// State:     m and h, n values each, start at 0.
/// Cost:      5 loads, 3 stores, 1 division per parameter: 32 bytes in float.
/// Source:    Liu et al. 2023, algorithm 3, with Hutchinson's estimator (algorithm 1), in the dialect of optax's
///            sophia: m is corrected, the paper's is not. PyTorch has none.
struct sophia_h {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.965);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto gamma = hyper<"gamma">(0.01);
    static constexpr auto clip = hyper<"clip">(1.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-4);
    static constexpr auto interval = hyper<"interval">(10.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto is_due = step - 1 == interval * floor((step - 1) / interval);
    static constexpr auto h = state<"h">(0.0, [](auto old) {
        return select(is_due, beta2 * old + (1 - beta2) * input<"hessian">, old);
    });

    static constexpr auto update = param * (1 - lr * weight_decay) -
                                   lr * clamp(bias_corrected(m) / max(gamma * previous(h), eps), -clip, clip);
};

}  // namespace furl::zoo
