#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Yogi: the second moment changes only by steps proportional to g^2, up or down, so that it falls slowly.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     v_t = v_{t-1} - (1-\beta_2)\, \mathrm{sign}(v_{t-1} - g_t^2)\, g_t^2,\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-2, beta1 0.9, beta2 0.999, eps 1e-3, initial_accumulator_value 1e-6.
/// State:     m and v, n values each, start at initial_accumulator_value.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Zaheer et al. 2018, in optax's dialect, which is that of TensorFlow Addons: m starts above 0 as well, and
///            both moments are corrected. The paper's own is yogi_paper. PyTorch has none.
struct yogi {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-3);
    static constexpr auto initial_accumulator_value = hyper<"initial_accumulator_value">(1e-6);

    static constexpr auto m = ema<"m">(grad, beta1, initial_accumulator_value);
    static constexpr auto step_of_v = [](auto old) { return (1 - beta2) * sign(old - square(grad)) * square(grad); };
    static constexpr auto v = state<"v">(
        initial_accumulator_value, [](auto old) { return old - step_of_v(old); }, beta2);

    // bias_corrected refuses a state that starts above 0, since it has no such bias. This dialect divides all the same.
    static constexpr auto corrected = [](auto x, auto beta) { return x / (1 - pow(beta, step)); };

    static constexpr auto update = param - lr * safe_divide(corrected(m, beta1), sqrt(corrected(v, beta2)), eps);
};

/// Yogi as in the paper: nothing is bias corrected, and m starts at 0.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \frac{m_t}{\sqrt{v_t} + \epsilon} \f$
///
/// Defaults:  those of yogi.
/// State:     m, n values, starts at 0; v, n values, starts at initial_accumulator_value.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Zaheer et al. 2018, algorithm 2; ensmallen's Yogi.
struct yogi_paper : yogi {
    static constexpr auto m = ema<"m">(grad, beta1);

    static constexpr auto update = param - lr * safe_divide(m, sqrt(v), eps);
};

}  // namespace furl::zoo
