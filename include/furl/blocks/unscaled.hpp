#pragma once

#include <furl/language/operators.hpp>

namespace furl {

/// x without the scale of a scaled loss: `replace(update, grad, unscaled(grad, hyper<"loss_scale">(65536.0)))`.
///
/// \f$ x / s \f$
///
/// @param x      the gradient of the scaled loss. Shape: n.
/// @param scale  s, dimensionless, above 0: a hyperparameter, as it changes from step to step. Powers of 2 lose no bit.
/// @returns  an expression of the shape of x.
/// Cost:    1 multiplication per parameter; 1 / s is computed once a step.
/// Source:  Micikevicius et al. 2018, section 3.2; PyTorch's GradScaler, which skips the step where a gradient is not
///          finite: that is skip_nonfinite.
template <Expression X, class Scale>
constexpr auto unscaled(const X& x, const Scale& scale) {
    return x / scale;
}

}  // namespace furl
