#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Scion with the sign: the weights move by a fixed share towards a corner of a cube, and so stay in the cube.
///
/// \f$ m_t = (1-\alpha)\, m_{t-1} + \alpha g_t,\quad
///     \theta_t = (1-\eta)\, \theta_{t-1} - \eta\, \rho\, \frac{\mathrm{sgn}(m_t)}{\mathit{columns}} \f$
///
/// The unconstrained form of this rule and of the next two is `param - lr * scale * direction`.
///
/// Shapes:    a matrix {outputs, inputs}; the authors use it for the last layer and for embeddings.
/// Defaults:  lr 1e-3, momentum 0.1 (alpha: 1 minus the momentum of others), scale 1.
/// State:     m, n values, starts at 0.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Pethick et al. 2025 (arXiv 2502.07529), the constrained form; LIONS-EPFL/scion, norm='Sign', whose momentum
///            is 1 unless given. Its spectral norm needs products of matrices.
struct scion_sign {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto alpha = hyper<"momentum">(0.1);
    static constexpr auto scale = hyper<"scale">(1.0);

    static constexpr auto m = ema<"m">(grad, 1 - alpha);
    static constexpr auto direction = sign(m) / columns;

    static constexpr auto update = param * (1 - lr) - lr * scale * direction;
};

/// Scion with the norms of columns: each column of the step has a root mean square of 1.
///
/// \f$ \theta_t = (1-\eta)\, \theta_{t-1} -
///     \eta\, \rho\, \frac{m_t}{\sqrt{\mathrm{mean}_i\, m_{ij}^2} + 10^{-8}} \f$ with the m of scion_sign
///
/// Shapes:    a matrix {outputs, inputs}; the authors use it for the first layer. For biases give {n, 1}: their BiasRMS.
/// Defaults:  those of scion_sign.
/// State:     that of scion_sign.
/// Cost:      2 passes: 5 loads, 2 stores per parameter: 28 bytes in float.
/// Source:    Pethick et al. 2025; LIONS-EPFL/scion, norm='ColNorm', and 'BiasRMS' for vectors.
struct scion_column : scion_sign {
    static constexpr auto direction = m / (sqrt(per_column(mean(square(m)))) + 1e-8);

    static constexpr auto update = param * (1 - lr) - lr * scale * direction;
};

/// Scion with the norms of rows: each row of the step has the length 1 / sqrt(columns).
///
/// \f$ \theta_t = (1-\eta)\, \theta_{t-1} -
///     \eta\, \rho\, \frac{m_t}{\sqrt{\mathit{columns}}\, \lVert m_i\rVert + 10^{-8}} \f$ with the m of scion_sign
///
/// Shapes:    a matrix {outputs, inputs}.
/// Defaults:  those of scion_sign.
/// State:     that of scion_sign.
/// Cost:      3 loads, 2 stores per parameter, in one pass that goes over each row twice: 20 bytes in float.
/// Source:    Pethick et al. 2025; LIONS-EPFL/scion, norm='RowNorm'.
struct scion_row : scion_sign {
    static constexpr auto direction = m / (sqrt(columns) * per_row(norm(m)) + 1e-8);

    static constexpr auto update = param * (1 - lr) - lr * scale * direction;
};

}  // namespace furl::zoo
