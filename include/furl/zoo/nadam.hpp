#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// NAdam: Adam with Nesterov's momentum, whose weight rises during a warm-up.
///
/// \f$ \mu_t = \beta_1 \Big(1 - \tfrac12\, 0.96^{t\psi}\Big),\quad \Pi_t = \mu_1 \cdots \mu_t,\quad
///     \theta_t = \theta_{t-1} - \frac{\eta}{\sqrt{\hat v_t} + \epsilon}
///     \Big( \frac{1-\mu_t}{1-\Pi_t}\, g_t + \frac{\mu_{t+1}}{1-\Pi_t\mu_{t+1}}\, m_t \Big) \f$
///
/// Defaults:  those of adam; lr 2e-3, momentum_decay 4e-3 (psi).
/// State:     m and v, n values each, start at 0; mu_product, one number, starts at 1.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Dozat 2016; today's NAdam of PyTorch (1.13 has mu_t twice in the last product, unless foreach=True).
///            Keras's has psi 1, lr 1e-3 and eps 1e-7; optax's is
///            nadam_optax.
struct nadam : adam {
    static constexpr auto lr = hyper<"lr">(2e-3);
    static constexpr auto momentum_decay = hyper<"momentum_decay">(4e-3);

    static constexpr auto momentum_of = [](auto t) { return beta1 * (1 - 0.5 * pow(0.96, t * momentum_decay)); };
    static constexpr auto mu = let<"mu">(momentum_of(step));
    static constexpr auto mu_next = let<"mu_next">(momentum_of(step + 1));
    static constexpr auto mu_product = state<"mu_product">(1.0, [](auto old) { return old * mu; });
    static constexpr auto ahead = (1 - mu) / (1 - mu_product) * grad + mu_next / (1 - mu_product * mu_next) * m;
    static constexpr auto direction = safe_divide(ahead, sqrt(bias_corrected(v)), eps);

    static constexpr auto update = param - lr * direction;
};

/// NAdam with decoupled weight decay.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \dots \f$ as in nadam
///
/// Defaults:  those of nadam; weight_decay 1e-2.
/// State:     that of nadam.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    PyTorch's NAdam(decoupled_weight_decay=True), whose weight_decay defaults to 0.
struct nadam_decoupled : nadam {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

/// NAdam in optax's dialect: the weight of the momentum does not warm up.
///
/// \f$ \theta_t = \theta_{t-1} - \frac{\eta}{\sqrt{\hat v_t} + \epsilon}
///     \Big( \frac{1-\beta_1}{1-\beta_1^t}\, g_t + \frac{\beta_1}{1-\beta_1^{t+1}}\, m_t \Big) \f$
///
/// Defaults:  those of adam.
/// State:     m and v, n values each, start at 0.
/// Cost:      that of adam.
/// Source:    Dozat 2016, with a constant mu; optax's nadam.
struct nadam_optax : adam {
    static constexpr auto ahead =
        (1 - beta1) / (1 - pow(beta1, step)) * grad + beta1 / (1 - pow(beta1, step + 1)) * m;
    static constexpr auto direction = safe_divide(ahead, sqrt(bias_corrected(v)), eps);

    static constexpr auto update = param - lr * direction;
};

/// optax's NAdam with decoupled weight decay.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \dots \f$ as in nadam_optax
///
/// Defaults:  those of adam; weight_decay 1e-4.
/// State, Cost:  those of nadam_optax.
/// Source:    optax's nadamw.
struct nadamw_optax : nadam_optax {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-4);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
