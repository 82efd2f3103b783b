#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// CAME: Adafactor with momentum, and with smaller steps where the momentum and the new direction disagree.
///
/// \f$ u_t = g_t \Big/ \sqrt{\frac{r_t\, c_t}{\mathrm{mean}(r_t)}},\quad
///     \hat u_t = \frac{u_t}{\max(1, \mathrm{rms}(u_t) / d)},\quad
///     m_t = \beta_1 m_{t-1} + (1-\beta_1)\, \hat u_t,\quad s_t = (\hat u_t - m_t)^2 + \epsilon_2 \f$
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, m_t \Big/ \sqrt{\frac{R_t\, C_t}{\mathrm{mean}(R_t)}} \f$
///
/// r and c are averages, with beta2, of the row and column means of \f$ g_t^2 + \epsilon_1 \f$. R and C are averages, with beta3,
/// of the row and column means of s.
///
/// Shapes:    a matrix {rows, columns}. The authors give vectors another rule: came_unfactored, for a group of its own.
/// Defaults:  lr 2e-4, beta1 0.9, beta2 0.999, beta3 0.9999, eps1 1e-30, eps2 1e-16, clip_threshold 1, weight_decay 0.
/// State:     m, n values; r and R, one number per row; c and C, one per column. They start at 0 and are not bias corrected.
/// Cost:      4 passes: 7 loads, 2 stores per parameter: 36 bytes in float.
/// Source:    Luo et al. 2023, algorithm 2; the authors' CAME, whose learning rate has no default; 2e-4 is theirs for BERT.
struct came {
    static constexpr auto lr = hyper<"lr">(2e-4);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto beta3 = hyper<"beta3">(0.9999);
    static constexpr auto eps1 = hyper<"eps1">(1e-30);
    static constexpr auto eps2 = hyper<"eps2">(1e-16);
    static constexpr auto clip_threshold = hyper<"clip_threshold">(1.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto r = ema<"r">(per_row(mean(square(grad) + eps1)), beta2);
    static constexpr auto c = ema<"c">(per_column(mean(square(grad) + eps1)), beta2);
    static constexpr auto u = let<"u">(grad * (rsqrt(r / mean(r)) * rsqrt(c)));
    static constexpr auto clipped = let<"clipped">(clip_by_block_rms(u, clip_threshold));
    static constexpr auto m = ema<"m">(clipped, beta1);
    static constexpr auto s = let<"s">(square(clipped - m) + eps2);
    static constexpr auto R = ema<"R">(per_row(mean(s)), beta3);
    static constexpr auto C = ema<"C">(per_column(mean(s)), beta3);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * (m * (rsqrt(R / mean(R)) * rsqrt(C)));
};

/// What CAME does with vectors: momentum of a clipped direction, without R and C.
///
/// \f$ v_t = \beta_2 v_{t-1} + (1-\beta_2)(g_t^2 + \epsilon_1),\quad u_t = g_t / \sqrt{v_t},\quad
///     m_t = \beta_1 m_{t-1} + (1-\beta_1)\, \frac{u_t}{\max(1, \mathrm{rms}(u_t) / d)},\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, m_t \f$
///
/// Shapes:    any.
/// Defaults:  lr 2e-4, beta1 0.9, beta2 0.999, eps1 1e-30, clip_threshold 1, weight_decay 0.
/// State:     v and m, n values each, start at 0.
/// Cost:      2 passes: 6 loads, 3 stores per parameter: 36 bytes in float.
/// Source:    the authors' CAME, for tensors of one dimension.
struct came_unfactored {
    static constexpr auto lr = hyper<"lr">(2e-4);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps1 = hyper<"eps1">(1e-30);
    static constexpr auto clip_threshold = hyper<"clip_threshold">(1.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto v = ema<"v">(square(grad) + eps1, beta2);
    static constexpr auto u = let<"u">(grad * rsqrt(v));
    static constexpr auto m = ema<"m">(clip_by_block_rms(u, clip_threshold), beta1);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * m;
};

}  // namespace furl::zoo
