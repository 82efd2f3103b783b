#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/named.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

// Clipping of a gradient, or of any other value: `replace(update, grad, clip_by_global_norm(grad, 1.0))`.
namespace FURL_NAMESPACE {

/// x, element by element no further from 0 than limit.
///
/// \f$ \mathrm{clamp}(x_i, -c, c) \f$
///
/// @param x      what is clipped. Shape: n.
/// @param limit  c, of the unit of x; at least 0. Infinite: x stays as it is, to the bit.
/// @returns  an expression of the shape of x. A NaN stays NaN.
/// Cost:    1 clamp per parameter.
/// Source:  PyTorch's clip_grad_value_, optax's clip.
template <Expression X, class Limit>
constexpr auto clip_by_value(const X& x, const Limit& limit) {
    const auto c = as_expression(limit);
    return clamp(x, -c, c);
}

namespace detail {

// The factor that brings a norm down to a limit; 1 where it is below.
template <Expression Norm, class Limit>
constexpr auto clip_factor(const Norm& length, const Limit& limit) {
    return min(as_expression(limit) / (length + 1e-6), 1.0);
}

}  // namespace detail

/// x, scaled so that its norm over the tensor is at most max_norm.
///
/// \f$ x \cdot \min\left(1, \frac{c}{\lVert x \rVert + 10^{-6}}\right) \f$
///
/// @param x         what is clipped. Shape: n.
/// @param max_norm  c, of the unit of x; at least 0. Infinite: x stays as it is, to the bit.
/// @returns  an expression of the shape of x. With an infinity or a NaN in x it has NaN: see skip_nonfinite.
/// Cost:    1 more pass over memory, that reads; 1 multiplication per parameter.
/// Source:  Pascanu, Mikolov & Bengio 2013, algorithm 1, with the 1e-6 of PyTorch's clip_grad_norm_, of one tensor.
///          Differs from TensorFlow's clip_by_norm in the 1e-6.
template <Expression X, class MaxNorm>
constexpr auto clip_by_norm(const X& x, const MaxNorm& max_norm) {
    return x * detail::clip_factor(norm(x), max_norm);
}

/// x, scaled so that its norm over all tensors of the step is at most max_norm.
///
/// \f$ x \cdot \min\left(1, \frac{c}{\lVert x \rVert + 10^{-6}}\right) \f$, the norm over all tensors
///
/// @param x         what is clipped. Shape: n.
/// @param max_norm  c, of the unit of x; at least 0. Infinite: x stays as it is, to the bit.
/// @returns  an expression of the shape of x. With an infinity or a NaN anywhere in x it has NaN: see skip_nonfinite.
/// Cost:    1 more pass over memory, that reads; 1 multiplication per parameter.
/// Source:  Pascanu, Mikolov & Bengio 2013; PyTorch's clip_grad_norm_. Differs from optax's clip_by_global_norm, which
///          has no 1e-6 and leaves x alone where the norm is below max_norm: there ours may scale by up to
///          1 - 1e-6 / max_norm.
template <Expression X, class MaxNorm>
constexpr auto clip_by_global_norm(const X& x, const MaxNorm& max_norm) {
    return x * detail::clip_factor(global(norm(x)), max_norm);
}

/// The same, with names for the norm and the factor, so that a step reports them: `opt.value("grad_norm")`,
/// `clip_by_global_norm<"grad_norm", "clip">(grad, 1.0)`. At no pass more: they are computed anyway.
template <fixed_string NormName, fixed_string FactorName, Expression X, class MaxNorm>
constexpr auto clip_by_global_norm(const X& x, const MaxNorm& max_norm) {
    return x * let<FactorName>(detail::clip_factor(let<NormName>(global(norm(x))), max_norm));
}

/// x, scaled so that its root mean square over the tensor is at most threshold.
///
/// \f$ x / \max\left(1, \frac{\mathrm{rms}(x)}{d}\right),\quad \mathrm{rms}(x) = \sqrt{\mathrm{mean}(x^2)} \f$
///
/// @param x          what is clipped: a gradient, or the direction of an update. Shape: n.
/// @param threshold  d, of the unit of x; above 0. Infinite: x stays as it is, to the bit.
/// @returns  an expression of the shape of x.
/// Cost:    1 more pass over memory, that reads; 1 multiplication per parameter.
/// Source:  Shazeer & Stern 2018, section 6 (update clipping); optax's clip_by_block_rms, to rounding.
template <Expression X, class Threshold>
constexpr auto clip_by_block_rms(const X& x, const Threshold& threshold) {
    return x / max(sqrt(mean(square(x))) / as_expression(threshold), 1.0);
}

}  // namespace furl
