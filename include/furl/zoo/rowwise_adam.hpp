#pragma once

#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/lamb.hpp>

namespace furl::zoo {

/// Adam with one second moment for each row: for tables of embeddings. It is adam_mini under FBGEMM's name and defaults.
///
/// \f$ \theta_t = \theta_{t-1} -
///     \eta \left( \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1} \right) \f$ with the v of adam_mini
///
/// Shapes:    a matrix {rows, columns}, a row for each entry of the table. A plain size is one row. opt.step_rows steps the
///            rows that a batch names, and corrects their bias by the count of all steps, as FBGEMM does.
/// Defaults:  those of adam_mini; lr 1e-2.
/// State:     that of adam_mini.
/// Cost:      that of adam_mini.
/// Source:    FBGEMM's PARTIAL_ROWWISE_ADAM.
struct partial_rowwise_adam : adam_mini {
    static constexpr auto lr = hyper<"lr">(1e-2);

    static constexpr auto update = param - lr * (direction + weight_decay * param);
};

/// LAMB with one second moment and one trust ratio for each row.
///
/// \f$ u_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1},\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\lVert\theta_{t-1}\rVert}{\lVert u_t\rVert}\, u_t \f$ with the v of
/// adam_mini and the norms of the row
///
/// Where either norm is 0, the ratio is 1; FBGEMM divides as it is.
///
/// Shapes:    those of partial_rowwise_adam.
/// Defaults:  those of partial_rowwise_adam.
/// State:     that of adam_mini.
/// Cost:      3 loads, 2 stores per parameter, in one pass that goes over each row three times: 20 bytes in float.
/// Source:    FBGEMM's PARTIAL_ROWWISE_LAMB.
struct partial_rowwise_lamb : partial_rowwise_adam {
    static constexpr auto u = let<"u">(direction + weight_decay * param);

    static constexpr auto update = param - lr * trust_ratio_per_row(u) * u;
};

/// LAMB with one trust ratio for each row.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \frac{\lVert\theta_{t-1}\rVert}{\lVert u_t\rVert}\, u_t \f$ as in lamb, with the
/// norms of the row
///
/// Where either norm is 0, the ratio is 1; FBGEMM divides as it is.
///
/// Shapes:    those of partial_rowwise_adam.
/// Defaults:  those of lamb.
/// State:     that of lamb.
/// Cost:      4 loads, 3 stores per parameter, in one pass that goes over each row twice: 28 bytes in float.
/// Source:    FBGEMM's LAMB.
struct rowwise_lamb : lamb {
    static constexpr auto update = param - lr * trust_ratio_per_row(u) * u;
};

}  // namespace furl::zoo
