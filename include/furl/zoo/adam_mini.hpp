#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Adam-mini: AdamW with one second moment for each row.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\quad
///     v_t = \beta_2 v_{t-1} + (1-\beta_2)\, \mathrm{mean}_j\, g_{ij}^2,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$
///
/// Shapes:    a matrix {rows, columns}; each row shares one second moment, as a block of the paper does. The queries and keys of
///            attention take {heads, all values of a head}; an embedding or an output layer takes a row for each token. What the
///            paper treats as one block, and the scale of a norm, take a plain size, which is one row. Biases take adamw.
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-8, weight_decay 0.
/// State:     m, n values; v, one number per row. They start at 0.
/// Cost:      3 loads, 2 stores per parameter, in one pass that goes over each row twice: 20 bytes in float.
/// Source:    Zhang et al. 2024 (arXiv 2406.16793); the authors' Adam_mini, which gives embeddings and output layers Adam.
struct adam_mini {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(per_row(mean(square(grad))), beta2);
    static constexpr auto direction = safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
