#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Adai, adaptive inertia: gradient descent in which each parameter has a momentum of its own, less where its gradients are larger.
///
/// \f$ \mu_t = \mathrm{clamp}\left(1 - \beta_0\, \frac{\hat v_t}{\mathrm{mean}(\hat v_t)},\, 0,\, 1 - \epsilon\right),\quad
///     m_t = \mu_t m_{t-1} + (1 - \mu_t)\, g_t,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{m_t}{1 - \prod_{i \le t} \mu_i} \f$ with the v of adam
///
/// The mean is over all parameters of all tensors. If it is 0, all momenta are 1 - epsilon. The rule is written with the share of
/// the new gradient, 1 - mu, and keeps 1 - prod as an average of ones: differences of numbers near 1 would cost float three digits.
///
/// Defaults:  lr 1, beta0 0.1, beta2 0.99, eps 1e-3.
/// State:     v, m and weight (1 minus the product), n values each, start at 0.
/// Cost:      2 passes: 7 loads, 4 stores, 1 division per parameter: 44 bytes in float.
/// Source:    Xie et al. 2022 (arXiv 2006.15815); the authors' Adai and pytorch_optimizer's, whose learning rate has no
///            default or is 1e-3, and which have weight decay: put coupled_weight_decay around the update. PyTorch has none.
struct adai {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto beta0 = hyper<"beta0">(0.1);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto eps = hyper<"eps">(1e-3);

    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto average = global(mean(v));
    static constexpr auto share = let<"share">(clamp(beta0 * select(average > 0, 1 / average, 0) * v, eps, 1));
    static constexpr auto m = state<"m">(0.0, [](auto old) { return lerp(old, grad, share); });
    static constexpr auto weight = state<"weight">(0.0, [](auto old) { return lerp(old, 1, share); });

    static constexpr auto update = param - lr * m / weight;
};

}  // namespace furl::zoo
