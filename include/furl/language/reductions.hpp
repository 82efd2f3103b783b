#pragma once

#include <furl/language/leaves.hpp>

// A reduction turns a tensor, or each of its rows or columns, into one number. What depends on it is computed in a later pass than
// what it reads.
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

namespace detail {

template <class X>
inline constexpr bool is_tensor_reduction = false;
template <op Code, class... Operands>
inline constexpr bool is_tensor_reduction<apply<Code, Operands...>> = info(Code).kind == op_kind::reduction;
template <>
inline constexpr bool is_tensor_reduction<leaf<op::count>> = true;

// What global, per_row and per_column take: a reduction over the tensor, or its number of elements.
template <class X>
concept Reduction = is_tensor_reduction<X>;

template <domain Over, class X>
constexpr auto over(const X& x) {
    if constexpr (Reduction<X>) return scoped<Over, X>(x);
    else return refused{};
}

}  // namespace detail

/// A reduction over all tensors of the step: `global(norm(grad))`.
///
/// @param x  a reduction: sum, mean, dot, norm, norm1, max_abs, all_finite or furl::count.
/// @returns  an expression. Shape: one value per step.
/// Errors:   E20 if x is no reduction.
template <class X>
constexpr auto global(const X& x) {
    static_assert(detail::Reduction<X> || was_refused<X>, "furl[E20]: global() of something that is no reduction; write global(norm(x)), "
                                                          "global(sum(x)), ... See docs/errors.md#E20");
    return detail::over<domain::step>(x);
}

/// A reduction over each row of the tensor: `per_row(mean(square(grad)))`.
///
/// \f$ r_i = \frac{1}{\mathit{columns}} \sum_j g_{ij}^2 \f$
///
/// @param x  a reduction, as for global, or furl::count: the number of columns.
/// @returns  an expression. Shape: one value per row. Arithmetic broadcasts it over the columns, as NumPy does.
/// Errors:   E20 if x is no reduction.
template <class X>
constexpr auto per_row(const X& x) {
    static_assert(detail::Reduction<X> || was_refused<X>, "furl[E20]: per_row() of something that is no reduction; write per_row(mean(x)), "
                                                          "per_row(norm(x)), ... See docs/errors.md#E20");
    return detail::over<domain::row>(x);
}

/// A reduction over each column of the tensor: `per_column(mean(square(grad)))`.
///
/// \f$ c_j = \frac{1}{\mathit{rows}} \sum_i g_{ij}^2 \f$
///
/// @param x  a reduction, as for global, or furl::count: the number of rows.
/// @returns  an expression. Shape: one value per column. Arithmetic broadcasts it over the rows, as NumPy does.
/// Errors:   E20 if x is no reduction.
template <class X>
constexpr auto per_column(const X& x) {
    static_assert(detail::Reduction<X> || was_refused<X>, "furl[E20]: per_column() of something that is no reduction; write "
                                                          "per_column(mean(x)), per_column(norm(x)), ... See docs/errors.md#E20");
    return detail::over<domain::column>(x);
}

}  // namespace furl
