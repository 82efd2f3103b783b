#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// RMSprop in TensorFlow's dialect: the mean square starts at 1, and epsilon is inside the root.
///
/// \f$ v_t = \alpha v_{t-1} + (1-\alpha)\, g_t^2,\; v_0 = 1,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{v_t + \epsilon}} \f$
///
/// Defaults:  lr 1e-2, alpha 0.9, eps 1e-10.
/// State:     v, n values, starts at 1: the first steps are short.
/// Cost:      3 loads, 2 stores, 1 square root, 1 division per parameter: 20 bytes in float.
/// Source:    Hinton 2012, lecture 6e; TensorFlow 1's RMSPropOptimizer, timm's RMSpropTF. Keras's starts at 0:
///            rmsprop_keras. PyTorch's (zoo::rmsprop) starts at 0 too, and has epsilon outside the root.
struct rmsprop_tf {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto alpha = hyper<"alpha">(0.9);
    static constexpr auto eps = hyper<"eps">(1e-10);

    static constexpr auto v = ema<"v">(square(grad), alpha, 1.0);
    static constexpr auto direction = grad / sqrt(v + eps);

    static constexpr auto update = param - lr * direction;
};

/// TensorFlow's RMSprop with the variance.
///
/// \f$ a_t = \alpha a_{t-1} + (1-\alpha)\, g_t,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{\max(v_t - a_t^2, 0) + \epsilon}} \f$
///
/// Defaults:  those of rmsprop_tf.
/// State:     v, n values, starts at 1; a, n values, starts at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Graves 2013; TensorFlow 1's RMSPropOptimizer(centered=True).
struct rmsprop_tf_centered : rmsprop_tf {
    static constexpr auto a = ema<"a">(grad, alpha);
    static constexpr auto direction = grad / sqrt(max(v - square(a), 0) + eps);

    static constexpr auto update = param - lr * direction;
};

/// TensorFlow's RMSprop with momentum; the learning rate is inside the accumulator.
///
/// \f$ b_t = \mu b_{t-1} + \eta\, \frac{g_t}{\sqrt{v_t + \epsilon}},\quad \theta_t = \theta_{t-1} - b_t \f$
///
/// Defaults:  those of rmsprop_tf; momentum 0.9.
/// State:     v, n values, starts at 1; b, n values, starts at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    TensorFlow 1's RMSPropOptimizer(momentum=...). PyTorch's (rmsprop_momentum) has lr outside.
struct rmsprop_tf_momentum : rmsprop_tf {
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto b = furl::momentum<"b">(lr * direction, mu);

    static constexpr auto update = param - b;
};

/// TensorFlow's RMSprop with the variance and momentum.
///
/// \f$ b_t = \mu b_{t-1} + \eta\, \frac{g_t}{\sqrt{\max(v_t - a_t^2, 0) + \epsilon}},\quad \theta_t = \theta_{t-1} - b_t \f$
///
/// Defaults:  those of rmsprop_tf; momentum 0.9.
/// State:     v, n values, starts at 1; a and b, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    TensorFlow 1's RMSPropOptimizer(centered=True, momentum=...).
struct rmsprop_tf_centered_momentum : rmsprop_tf_centered {
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto b = furl::momentum<"b">(lr * direction, mu);

    static constexpr auto update = param - b;
};

}  // namespace furl::zoo
