#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// RMSprop in Keras's dialect: epsilon is inside the root, and the mean square starts at 0.
///
/// \f$ v_t = \alpha v_{t-1} + (1-\alpha)\, g_t^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{v_t + \epsilon}} \f$
///
/// Defaults:  lr 1e-3, alpha 0.9, eps 1e-7.
/// State:     v, n values, starts at 0.
/// Cost:      3 loads, 2 stores, 1 square root, 1 division per parameter: 20 bytes in float.
/// Source:    Hinton 2012, lecture 6e; Keras's RMSprop, optax's rmsprop (eps_in_sqrt, its default). TensorFlow 1's
///            starts v at 1 (rmsprop_tf); PyTorch's (zoo::rmsprop) has epsilon outside the root.
struct rmsprop_keras {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto alpha = hyper<"alpha">(0.9);
    static constexpr auto eps = hyper<"eps">(1e-7);

    static constexpr auto v = ema<"v">(square(grad), alpha);
    static constexpr auto direction = grad / sqrt(v + eps);

    static constexpr auto update = param - lr * direction;
};

/// Keras's RMSprop with momentum; the learning rate is inside the accumulator.
///
/// \f$ b_t = \mu b_{t-1} + \eta\, \frac{g_t}{\sqrt{v_t + \epsilon}},\quad \theta_t = \theta_{t-1} - b_t \f$
///
/// Defaults:  those of rmsprop_keras; momentum 0.9.
/// State:     v and b, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Keras's RMSprop(momentum=...).
struct rmsprop_keras_momentum : rmsprop_keras {
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto b = furl::momentum<"b">(lr * direction, mu);

    static constexpr auto update = param - b;
};

/// Keras's RMSprop with the variance.
///
/// \f$ a_t = \alpha a_{t-1} + (1-\alpha)\, g_t,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{\max(v_t - a_t^2, 0) + \epsilon}} \f$
///
/// Defaults:  those of rmsprop_keras.
/// State:     v and a, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Graves 2013; Keras's RMSprop(centered=True), optax's rmsprop(centered=True).
struct rmsprop_keras_centered : rmsprop_keras {
    static constexpr auto a = ema<"a">(grad, alpha);
    static constexpr auto direction = grad / sqrt(max(v - square(a), 0) + eps);

    static constexpr auto update = param - lr * direction;
};

/// Keras's RMSprop with the variance and momentum; the learning rate is inside the accumulator.
///
/// \f$ b_t = \mu b_{t-1} + \eta\, \frac{g_t}{\sqrt{\max(v_t - a_t^2, 0) + \epsilon}},\quad \theta_t = \theta_{t-1} - b_t \f$
///
/// Defaults:  those of rmsprop_keras; momentum 0.9.
/// State:     v, a and b, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    Keras's RMSprop(centered=True, momentum=...).
struct rmsprop_keras_centered_momentum : rmsprop_keras_centered {
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto b = furl::momentum<"b">(lr * direction, mu);

    static constexpr auto update = param - b;
};

}  // namespace furl::zoo
