#pragma once

#include <furl/language/matrices.hpp>
#include <furl/zoo/scion.hpp>

namespace furl::zoo {

/// Scion with the spectral norm: the weights move by a fixed share towards a matrix whose singular values are near
/// sqrt(rows / columns), and so stay in the ball of that norm.
///
/// \f$ \theta_t = (1-\eta)\, \theta_{t-1} - \eta\, \rho \sqrt{r/c}\; \mathrm{NS}_5(m_t) \f$ with the m of scion_sign
///
/// Its orthogonalize, NS_5, has the five iterations of furl::muon_quintic; r and c are the numbers of rows and columns.
///
/// Shapes:    a matrix {outputs, inputs}; the authors use it for hidden layers. For a convolution give {filters, everything else},
///            and a scale divided by the root of the pixels of a filter.
/// Defaults:  those of scion_sign; the authors train transformers with a scale of 50.
/// State:     that of scion_sign.
/// Cost:      2 passes: 6 loads, 3 stores per parameter, 36 bytes in float, and 15 products of matrices.
/// Source:    Pethick et al. 2025; LIONS-EPFL/scion, norm='Spectral', which orthogonalizes in bfloat16.
struct scion_spectral : scion_sign {
    static constexpr auto direction = sqrt(rows / columns) * orthogonalize(m);

    static constexpr auto update = param * (1 - lr) - lr * scale * direction;
};

}  // namespace furl::zoo
