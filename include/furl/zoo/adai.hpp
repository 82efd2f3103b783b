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
/// The mean is over all parameters of all tensors. If it is 0, all momenta are 1 - epsilon.
///
/// Defaults:  lr 1, beta0 0.1, beta2 0.99, eps 1e-3.
/// State:     v and m, n values each, start at 0; product (of the momenta), n values, starts at 1.
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
    static constexpr auto mu = let<"mu">(clamp(1 - beta0 * select(average > 0, 1 / average, 0) * v, 0, 1 - eps));
    static constexpr auto m = state<"m">(0.0, [](auto old) { return mu * old + (1 - mu) * grad; });
    static constexpr auto product = state<"product">(1.0, [](auto old) { return mu * old; });

    static constexpr auto update = param - lr * m / (1 - product);
};

}  // namespace furl::zoo
