#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// SMORMS3: each parameter sets the memory of its averages by how much of its gradient is signal.
///
/// \f$ r_t = \frac{1}{M_{t-1} + 1},\quad
///     m_t = (1-r_t)\, m_{t-1} + r_t\, g_t,\quad
///     v_t = (1-r_t)\, v_{t-1} + r_t\, g_t^2,\quad
///     x_t = \frac{m_t^2}{v_t + \epsilon},\quad
///     M_t = 1 + M_{t-1} (1 - x_t),\quad
///     \theta_t = \theta_{t-1} - \min(\eta, x_t)\, \frac{g_t}{\sqrt{v_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-3, eps 1e-16.
/// State:     m and v, n values each, start at 0; memory, n values, starts at 1.
/// Cost:      5 loads, 4 stores, 1 square root, 3 divisions per parameter: 36 bytes in float.
/// Source:    Funk 2015, https://sifter.org/~simon/journal/20150420.html; chainer's SMORMS3. PyTorch, optax and Keras
///            have none.
struct smorms3 {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto eps = hyper<"eps">(1e-16);

    // The averages and the memory depend on each other, so the averages are first written as functions of the old memory.
    static constexpr auto mean = [](auto memory) {
        return state<"m">(0.0, [&](auto old) { return lerp(old, grad, 1 / (memory + 1)); });
    };
    static constexpr auto mean_square = [](auto memory) {
        return state<"v">(0.0, [&](auto old) { return lerp(old, square(grad), 1 / (memory + 1)); });
    };
    static constexpr auto signal = [](auto memory) { return square(mean(memory)) / (mean_square(memory) + eps); };
    static constexpr auto memory = state<"memory">(1.0, [](auto old) { return 1 + old * (1 - signal(old)); });

    static constexpr auto m = mean(previous(memory));
    static constexpr auto v = mean_square(previous(memory));
    static constexpr auto x = let<"x">(signal(previous(memory)));

    static constexpr auto update = param - min(lr, x) * safe_divide(grad, sqrt(v), eps);
};

}  // namespace furl::zoo
