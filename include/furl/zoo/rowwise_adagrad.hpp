#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaGrad with one accumulator for each row: for tables of embeddings.
///
/// \f$ s_t = s_{t-1} + \mathrm{mean}_j\, g_{ij}^2,\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \frac{\eta}{\sqrt{s_t} + \epsilon}\, g_t \f$
///
/// Shapes:    a matrix {rows, columns}, a row for each entry of the table. A plain size is one row. opt.step_rows steps the
///            rows that a batch names, as FBGEMM does.
/// Defaults:  lr 1e-2, eps 1e-8, weight_decay 0.
/// State:     s, one number per row, starts at 0.
/// Cost:      2 loads, 1 store per parameter, in one pass that goes over each row twice: 12 bytes in float.
/// Source:    FBGEMM's EXACT_ROWWISE_ADAGRAD with decoupled decay (WeightDecayMode.DECOUPLE). For its L2 mode put
///            coupled_weight_decay around this rule.
struct rowwise_adagrad {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto s = accumulate<"s">(per_row(mean(square(grad))));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr / (sqrt(s) + eps) * grad;
};

}  // namespace furl::zoo
