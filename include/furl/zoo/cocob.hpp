#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// COCOB: a game of betting on the sign of the next gradient sets the steps, so that there is no learning rate.
///
/// \f$ L_t = \max(L_{t-1}, |g_t|),\quad G_t = G_{t-1} + |g_t|,\quad
///     R_t = \max(R_{t-1} - g_t\, (\theta_{t-1} - \theta_0),\, 0),\quad C_t = C_{t-1} - g_t,\quad
///     \theta_t = \theta_0 + \frac{C_t}{L_t \max(G_t + L_t,\, \alpha L_t)}\, (L_t + R_t) \f$
///
/// A parameter bets a share of what it has won, L + R; the gradients so far, C, tell the share and the side. Gradients of another
/// scale give the same steps, so lr, which multiplies the gradient, acts only where it changes: later gradients count for less if
/// it falls.
///
/// Defaults:  lr 1, alpha 100 (a larger one bets less at first), eps 1e-8 (L at the start, in the unit of the gradient).
/// State:     x0, n values: the first parameters; L, n values, starts at eps; G, R and C, n values each, start at 0.
/// Cost:      7 loads, 6 stores, 1 division per parameter: 52 bytes in float.
/// Source:    Orabona & Tommasi 2017, algorithm 2; optax's cocob, which has lr where the paper has none. PyTorch has none.
struct cocob {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto alpha = hyper<"alpha">(100.0);
    static constexpr auto eps = hyper<"eps">(1e-8);

    static constexpr auto g = lr * grad;
    static constexpr auto x0 = state<"x0">(param, [](auto old) { return old; });
    static constexpr auto L = running_max<"L">(abs(g), eps);
    static constexpr auto G = accumulate<"G">(abs(g));
    static constexpr auto R = state<"R">(0.0, [](auto old) { return max(old - g * (param - x0), 0); });
    static constexpr auto C = state<"C">(0.0, [](auto old) { return old - g; });

    static constexpr auto update = x0 + C / (L * max(G + L, alpha * L)) * (L + R);
};

}  // namespace furl::zoo
