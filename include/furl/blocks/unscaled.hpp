#pragma once

#include <furl/blocks/skip_nonfinite.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>

namespace FURL_NAMESPACE {

/// Divides x by the scale of a scaled loss: `replace(update, grad, unscaled(grad, hyper<"loss_scale">(65536.0)))`.
///
/// \f$ x / s \f$
///
/// @param x      the gradient of the scaled loss. Shape: n.
/// @param scale  s, dimensionless, above 0. It is a hyperparameter, since it changes from step to step. Powers of 2 lose no bit.
/// @returns  an expression of the shape of x.
/// Cost:    1 multiplication per parameter; 1 / s is computed once a step.
/// Source:  Micikevicius et al. 2018, section 3.2; PyTorch's GradScaler, which also skips the step if a gradient is not
///          finite, as skip_nonfinite does.
template <Expression X, class Scale>
constexpr auto unscaled(const X& x, const Scale& scale) {
    return x / scale;
}

/// Makes an update work on the gradient of a scaled loss: it divides the gradient by the scale, and skips the step if the
/// gradient has overflowed.
///
/// Write `update = loss_scaled(param - lr * grad)`, and let a furl::loss_scale set "loss_scale" from step to step.
///
/// @param update  a rule's update, written as if the loss was not scaled. Put clipping inside, so that it sees the unscaled
///                gradient.
/// @param scale   the factor that the loss was multiplied by.
/// @returns  an expression of the value of the update.
/// Cost:    skip_nonfinite's pass, and 1 multiplication per parameter.
/// Source:  PyTorch's GradScaler: unscale_, and step, which skips.
template <Expression Update, class Scale>
constexpr auto loss_scaled(const Update& update, const Scale& scale) {
    return skip_nonfinite(replace(update, grad, unscaled(grad, scale)));
}
template <Expression Update>
constexpr auto loss_scaled(const Update& update) {
    return loss_scaled(update, hyper<"loss_scale">(65536.0));
}

}  // namespace furl
