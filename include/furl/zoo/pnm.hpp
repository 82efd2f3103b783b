#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

namespace detail {

inline constexpr auto pnm_is_odd = step - 2 * floor(step / 2) > 0;

// The momentum that this step adds to, plus `share` times the difference to the other one, at the noise of one gradient.
template <Expression Odd, Expression Even, class Share>
constexpr auto pnm_direction(const Odd& odd, const Even& even, const Share& share) {
    const auto fresh = select(pnm_is_odd, odd, even);
    const auto stale = select(pnm_is_odd, even, odd);
    return ((1 + share) * fresh - share * stale) / sqrt(square(1 + share) + square(share));
}

}  // namespace detail

/// PNM, positive-negative momentum: two momenta take turns, and a step subtracts the older one from the newer one. That keeps the
/// mean and amplifies the noise of the gradients, which favours flat minima.
///
/// \f$ m_t = \beta_1^2\, m_{t-2} + (1 - \beta_1^2)\, g_t,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} -
///     \eta\, \frac{(1 + \beta_2)\, m_t - \beta_2\, m_{t-1}}{\sqrt{(1 + \beta_2)^2 + \beta_2^2}} \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 1 (the share that is subtracted), weight_decay 0.
/// State:     m_odd and m_even, n values each, start at 0: the momenta of the odd and the even steps.
/// Cost:      4 loads, 3 stores per parameter: 28 bytes in float.
/// Source:    Xie, Yuan, Zhu & Sugiyama 2021 (arXiv 2103.17182); the authors' PNM with decoupled decay; pytorch_optimizer's PNM.
///            PyTorch and optax have none.
struct pnm {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(1.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto add_gradient = [](auto old) { return square(beta1) * old + (1 - square(beta1)) * grad; };
    static constexpr auto odd = state<"m_odd">(0.0, [](auto old) { return select(detail::pnm_is_odd, add_gradient(old), old); });
    static constexpr auto even = state<"m_even">(0.0, [](auto old) { return select(detail::pnm_is_odd, old, add_gradient(old)); });

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * detail::pnm_direction(odd, even, beta2);
};

/// AdaPNM: Adam with positive-negative momentum, and the largest second moment so far.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \frac{\eta}{1 - \beta_1^t}\,
///     \frac{(1 + \beta_3)\, m_t - \beta_3\, m_{t-1}}{\sqrt{(1 + \beta_3)^2 + \beta_3^2}}\,
///     \frac{1}{\sqrt{\bar v_t / (1 - \beta_2^t)} + \epsilon} \f$ with the m of pnm and \f$ \bar v_t = \max(\bar v_{t-1}, v_t) \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, beta3 1 (the share that is subtracted), eps 1e-8, weight_decay 0.
/// State:     m_odd, m_even, v and v_max, n values each, start at 0.
/// Cost:      6 loads, 5 stores, 1 square root, 1 division per parameter: 44 bytes in float.
/// Source:    Xie, Yuan, Zhu & Sugiyama 2021; the authors' AdaPNM with its defaults, amsgrad and decoupled decay. It corrects the
///            momentum by beta1, though its decay is the square of beta1. pytorch_optimizer's AdaPNM divides its epsilon by the
///            root of the correction, too.
struct adapnm {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto beta3 = hyper<"beta3">(1.0);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto odd = pnm::odd;
    static constexpr auto even = pnm::even;
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto direction = safe_divide(detail::pnm_direction(odd, even, beta3), sqrt(furl::amsgrad<"v_max">(v)), eps);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr / (1 - pow(beta1, step)) * direction;
};

}  // namespace furl::zoo
