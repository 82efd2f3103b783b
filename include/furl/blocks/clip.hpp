#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/named.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

// Clipping of a gradient, or of any other value: `replace(update, grad, clip_by_global_norm(grad, 1.0))`.
namespace FURL_NAMESPACE {

/// Clips each element of x to at most limit in magnitude.
///
/// \f$ \mathrm{clamp}(x_i, -c, c) \f$
///
/// @param x      the value to clip. Shape: n.
/// @param limit  c, in the unit of x; at least 0. If it is infinite, x stays as it is, to the bit.
/// @returns  an expression of the shape of x. A NaN stays NaN.
/// Cost:    1 clamp per parameter.
/// Source:  PyTorch's clip_grad_value_, optax's clip.
template <Expression X, class Limit>
constexpr auto clip_by_value(const X& x, const Limit& limit) {
    const auto c = as_expression(limit);
    return clamp(x, -c, c);
}

namespace detail {

// Returns the factor that scales a norm down to a limit, and about 1 if the norm is below the limit.
template <Expression Norm, class Limit>
constexpr auto clip_factor(const Norm& length, const Limit& limit) {
    return min(as_expression(limit) / (length + 1e-6), 1.0);
}

}  // namespace detail

/// Scales x so that its norm over the tensor is at most max_norm.
///
/// \f$ x \cdot \min\left(1, \frac{c}{\lVert x \rVert + 10^{-6}}\right) \f$
///
/// @param x         the value to clip. Shape: n.
/// @param max_norm  c, in the unit of x; at least 0. If it is infinite, x stays as it is, to the bit.
/// @returns  an expression of the shape of x. If x has an infinity or a NaN, the result has NaN: see skip_nonfinite.
/// Cost:    1 more pass over memory, which only reads; 1 multiplication per parameter.
/// Source:  Pascanu, Mikolov & Bengio 2013, algorithm 1, with the 1e-6 of PyTorch's clip_grad_norm_ for one tensor.
///          Differs from TensorFlow's clip_by_norm in the 1e-6.
template <Expression X, class MaxNorm>
constexpr auto clip_by_norm(const X& x, const MaxNorm& max_norm) {
    return x * detail::clip_factor(norm(x), max_norm);
}

/// Scales x so that its norm over all tensors of the step is at most max_norm.
///
/// \f$ x \cdot \min\left(1, \frac{c}{\lVert x \rVert + 10^{-6}}\right) \f$, the norm over all tensors
///
/// @param x         the value to clip. Shape: n.
/// @param max_norm  c, in the unit of x; at least 0. If it is infinite, x stays as it is, to the bit.
/// @returns  an expression of the shape of x. If x has an infinity or a NaN anywhere, the result has NaN: see skip_nonfinite.
/// Cost:    1 more pass over memory, which only reads; 1 multiplication per parameter.
/// Source:  Pascanu, Mikolov & Bengio 2013; PyTorch's clip_grad_norm_. Differs from optax's clip_by_global_norm, which
///          has no 1e-6 and leaves x alone where the norm is below max_norm; this block may scale such an x by as little as
///          1 - 1e-6 / max_norm.
template <Expression X, class MaxNorm>
constexpr auto clip_by_global_norm(const X& x, const MaxNorm& max_norm) {
    return x * detail::clip_factor(global(norm(x)), max_norm);
}

/// Does the same, and names the norm and the factor, so that a step reports them: `opt.value("grad_norm")` after
/// `clip_by_global_norm<"grad_norm", "clip">(grad, 1.0)`. This costs no further pass, since both are computed anyway.
template <fixed_string NormName, fixed_string FactorName, Expression X, class MaxNorm>
constexpr auto clip_by_global_norm(const X& x, const MaxNorm& max_norm) {
    return x * let<FactorName>(detail::clip_factor(let<NormName>(global(norm(x))), max_norm));
}

/// Scales x so that its root mean square over the tensor is at most threshold.
///
/// \f$ x / \max\left(1, \frac{\mathrm{rms}(x)}{d}\right),\quad \mathrm{rms}(x) = \sqrt{\mathrm{mean}(x^2)} \f$
///
/// @param x          the value to clip: a gradient, or the direction of an update. Shape: n.
/// @param threshold  d, in the unit of x; above 0. If it is infinite, x stays as it is, to the bit.
/// @returns  an expression of the shape of x.
/// Cost:    1 more pass over memory, which only reads; 1 multiplication per parameter.
/// Source:  Shazeer & Stern 2018, section 6 (update clipping); optax's clip_by_block_rms, to rounding.
template <Expression X, class Threshold>
constexpr auto clip_by_block_rms(const X& x, const Threshold& threshold) {
    return x / max(sqrt(mean(square(x))) / as_expression(threshold), 1.0);
}

}  // namespace furl
