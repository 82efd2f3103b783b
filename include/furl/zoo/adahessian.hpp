#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaHessian: AdamW whose second moment averages the squared diagonal of the Hessian.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, h_t^2,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Input:     "hessian", Hutchinson's estimate \f$ h = u \odot H u \f$ for random signs u. It may be averaged over values
///            that belong together, such as a convolution kernel.
/// Defaults:  lr 0.1, beta1 0.9, beta2 0.999, eps 1e-8, weight_decay 0.
/// State:     m and v, n values each, start at 0.
/// Cost:      5 loads, 3 stores, 1 square root, 1 division per parameter: 32 bytes in float.
/// Source:    Yao et al. 2021; the authors' and timm's Adahessian with hessian_power = 1, without its average over
///            convolution kernels. PyTorch and optax have none.
struct adahessian {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(input<"hessian">), beta2);

    static constexpr auto update = param * (1 - lr * weight_decay) -
                                   lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};

/// AdaHessian with another power of the Hessian: 0 is momentum, 1 is adahessian.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\hat m_t}{\hat v_t^{\,p/2} + \epsilon} \f$
///
/// Defaults:  those of adahessian; hessian_power 0.5.
/// State:     that of adahessian.
/// Cost:      5 loads, 3 stores, 1 power, 1 division per parameter; a power takes about a hundred operations.
/// Source:    the authors' and timm's Adahessian(hessian_power=p).
struct adahessian_power : adahessian {
    static constexpr auto hessian_power = hyper<"hessian_power">(0.5);

    static constexpr auto update = param * (1 - lr * weight_decay) -
                                   lr * safe_divide(bias_corrected(m), pow(bias_corrected(v), hessian_power / 2), eps);
};

}  // namespace furl::zoo
