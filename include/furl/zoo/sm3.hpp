#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// SM3-II: AdaGrad that keeps one bound of the sums of squares for each row and one for each column.
///
/// \f$ \nu_{ij} = \min(r_i, c_j) + g_{ij}^2,\quad r_i \leftarrow \max_j \nu_{ij},\quad c_j \leftarrow \max_i \nu_{ij},\quad
///     m_t = \beta_1 m_{t-1} + (1-\beta_1)\, \frac{g_t}{\sqrt{\nu_t + \epsilon}},\quad
///     \theta_t = \theta_{t-1} - \eta\, m_t \f$
///
/// Where nu is 0, the quotient is 0.
///
/// Shapes:    a matrix {rows, columns}. A plain size is one row, and SM3 is AdaGrad there, as in the paper.
/// Defaults:  lr 1e-1, momentum 0.9, eps 1e-8.
/// State:     m, n values; r, one number per row; c, one per column. They start at 0.
/// Cost:      2 passes: 4 loads, 2 stores per parameter: 24 bytes in float.
/// Source:    Anil, Gupta, Koren & Singer 2019, algorithm SM3-II, with the sets of rows and of columns; optax's sm3, whose
///            eps is inside the root and whose learning rate has no default.
struct sm3 {
    static constexpr auto lr = hyper<"lr">(1e-1);
    static constexpr auto beta1 = hyper<"momentum">(0.9);
    static constexpr auto eps = hyper<"eps">(1e-8);

    // Each new bound is computed from both old ones.
    static constexpr auto bound = [](auto old_r, auto old_c) { return let<"nu">(min(old_r, old_c) + square(grad)); };
    static constexpr auto row_bound = [](auto old_r, auto old_c) { return per_row(max_abs(bound(old_r, old_c))); };
    static constexpr auto column_bound = [](auto old_r, auto old_c) { return per_column(max_abs(bound(old_r, old_c))); };
    static constexpr auto r = state<"r">(0.0, [](auto old_r) {
        const auto columns_of = state<"c">(0.0, [&](auto old_c) { return column_bound(old_r, old_c); });
        return row_bound(old_r, previous(columns_of));
    });
    static constexpr auto c = state<"c">(0.0, [](auto old_c) { return column_bound(previous(r), old_c); });
    static constexpr auto nu = bound(previous(r), previous(c));
    static constexpr auto m = ema<"m">(select(nu > 0, grad * rsqrt(nu + eps), 0), beta1);

    static constexpr auto update = with(param - lr * m, r, c);
};

}  // namespace furl::zoo
