#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// RMSprop: the gradient over the root of its mean square.
///
/// \f$ v_t = \alpha v_{t-1} + (1-\alpha)\, g_t^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{v_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-2, alpha 0.99, eps 1e-8.
/// State:     v, n values, starts at 0; it is not bias corrected.
/// Cost:      3 loads, 2 stores, 1 square root, 1 division per parameter: 20 bytes in float.
/// Source:    Hinton 2012, lecture 6e. PyTorch's RMSprop; TensorFlow's starts v at 1 and has eps inside the root.
struct rmsprop {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto alpha = hyper<"alpha">(0.99);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto v = ema<"v">(square(grad), alpha);
    static constexpr auto direction = safe_divide(grad, sqrt(v), eps);

    static constexpr auto update = param - lr * direction;
};

/// RMSprop with the variance: the square of the mean gradient is subtracted from the mean square.
///
/// \f$ a_t = \alpha a_{t-1} + (1-\alpha)\, g_t,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{\max(v_t - a_t^2, 0)} + \epsilon} \f$
///
/// Defaults:  those of rmsprop.
/// State:     v and a, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Graves 2013, equations 38 to 45. In PyTorch's RMSprop(centered=True) rounding can make the
///            difference negative, and its root NaN.
struct rmsprop_centered : rmsprop {
    static constexpr auto a = ema<"a">(grad, alpha);
    static constexpr auto direction = safe_divide(grad, sqrt(max(v - square(a), 0)), eps);

    static constexpr auto update = param - lr * direction;
};

/// RMSprop with momentum on the scaled gradient; the learning rate is outside the accumulator.
///
/// \f$ b_t = \mu b_{t-1} + \frac{g_t}{\sqrt{v_t} + \epsilon},\quad \theta_t = \theta_{t-1} - \eta\, b_t \f$
///
/// Defaults:  those of rmsprop; momentum 0.9.
/// State:     v and b, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    PyTorch's RMSprop(momentum=...).
struct rmsprop_momentum : rmsprop {
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto b = furl::momentum<"b">(direction, mu);

    static constexpr auto update = param - lr * b;
};

/// Centered RMSprop with momentum.
///
/// \f$ b_t = \mu b_{t-1} + \frac{g_t}{\sqrt{\max(v_t - a_t^2, 0)} + \epsilon},\quad \theta_t = \theta_{t-1} - \eta\, b_t \f$
///
/// Defaults:  those of rmsprop_centered; momentum 0.9.
/// State:     v, a and b, n values each, start at 0.
/// Cost:      5 loads, 4 stores, 1 square root, 1 division per parameter: 36 bytes in float.
/// Source:    PyTorch's RMSprop(centered=True, momentum=...).
struct rmsprop_centered_momentum : rmsprop_centered {
    static constexpr auto mu = hyper<"momentum">(0.9);
    static constexpr auto b = furl::momentum<"b">(direction, mu);

    static constexpr auto update = param - lr * b;
};

}  // namespace furl::zoo
