#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Adam-atan2: Adam with the arc tangent of the moments' quotient, which is bounded and needs no epsilon.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} -
///     \eta\, a\, \mathrm{atan2}\big(\hat m_t,\, b \sqrt{\hat v_t}\big) \f$
///
/// Defaults:  lr 1e-4, beta1 0.9, beta2 0.99, weight_decay 0, a 1.27, b 1.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 arc tangent per parameter: 28 bytes in float.
/// Source:    Everett et al. 2024; lucidrains/adam-atan2-pytorch. The step does not change when the loss is scaled.
///            PyTorch, optax and Keras have none.
struct adam_atan2 {
    static constexpr auto lr = hyper<"lr">(1e-4);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto a = hyper<"a">(1.27);
    static constexpr auto b = hyper<"b">(1.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto angle = atan2(bias_corrected(m), sqrt(bias_corrected(v)) * b);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * a * angle;
};

}  // namespace furl::zoo
