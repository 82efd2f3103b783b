#pragma once

#include <furl/language/leaves.hpp>

// A reduction turns a tensor into one number. Values that depend on it are computed in a later pass than those that it reads.
namespace FURL_NAMESPACE {

/// The sum of x over the tensor. Shape: one value per tensor.
template <Expression X>
constexpr made<op::sum, X> sum(const X& x) {
    return make<op::sum>(x);
}

/// The mean of x over the tensor. Shape: one value per tensor.
template <Expression X>
constexpr made<op::mean, X> mean(const X& x) {
    return make<op::mean>(x);
}

/// The Euclidean norm of x over the tensor: sqrt(sum x^2). Squares of float may leave the range of float (see docs/numerics.md);
/// squares of double may not leave that of double. Shape: one value per tensor.
template <Expression X>
constexpr made<op::norm, X> norm(const X& x) {
    return make<op::norm>(x);
}

/// The sum of |x| over the tensor. Shape: one value per tensor.
template <Expression X>
constexpr made<op::norm1, X> norm1(const X& x) {
    return make<op::norm1>(x);
}

/// The largest |x| of the tensor; NaN if there is a NaN. Shape: one value per tensor.
template <Expression X>
constexpr made<op::max_abs, X> max_abs(const X& x) {
    return make<op::max_abs>(x);
}

/// A condition: x has no infinity and no NaN in the tensor. Shape: one value per tensor.
template <Expression X>
constexpr made<op::all_finite, X> all_finite(const X& x) {
    return make<op::all_finite>(x);
}

/// The sum of a b over the tensor; the products may leave the range of float. Shape: one value per tensor.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::dot, A, B> dot(const A& a, const B& b) {
    return make<op::dot>(a, b);
}

/// A reduction over all tensors of the step: `global(norm(grad))`.
///
/// @param x  a reduction: sum, mean, dot, norm, norm1, max_abs, all_finite or furl::count.
/// @returns  an expression. Shape: one value per step.
/// Errors:   E20 if x is no reduction.
template <op Code, class... Operands>
constexpr auto global(const apply<Code, Operands...>& x) {
    constexpr bool reduces = info(Code).kind == op_kind::reduction && !is_global(Code);
    static_assert(reduces, "furl[E20]: global() of something that is no reduction; write global(norm(x)), "
                           "global(sum(x)), ... See docs/errors.md#E20");
    if constexpr (reduces)
        return hana::unpack(x.operands, [](const auto&... operands) { return make<global_form(Code)>(operands...); });
    else
        return x;
}

/// The number of elements of all tensors of the step.
constexpr auto global(const leaf<op::count>&) { return leaf<op::global_count>{}; }

/// Error E20.
template <Expression X>
constexpr auto global(const X& x) {
    static_assert(!Expression<X>, "furl[E20]: global() of something that is no reduction; write global(norm(x)), "
                                  "global(sum(x)), ... See docs/errors.md#E20");
    return x;
}

}  // namespace furl
