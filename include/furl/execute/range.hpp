#pragma once

#include <furl/execute/evaluate.hpp>

#include <cmath>
#include <type_traits>

/// Sums of squares and of other products need care in float: a product below 2^-126 is lost, and one above 2^128 is infinite,
/// even where the root of the sum is a number of float. So a partial sum that is infinite, or too small to be exact, is computed
/// again with scaled factors, as in BLAS's nrm2. That costs nothing where it is not needed.
namespace FURL_NAMESPACE::detail {

/// Whether instruction R sums products of two values of each element, in float.
template <class Plan, class T, std::int16_t R>
inline constexpr bool sums_products = [] {
    const auto x = Plan::program[Plan::program[R].operands[0]];
    return std::is_same_v<T, float> && Plan::program[R].code == op::reduce_sum && x.code == op::multiply &&
           is_computed_with(Plan::program[x.operands[0]].where, domain::element) &&
           is_computed_with(Plan::program[x.operands[1]].where, domain::element) && Plan::program.is_element(Plan::program[R].operands[0]);
}();

/// The scales of the two factors of each product: of the one that is nearer to 0, and of the other.
struct scale {
    float smaller = 1, larger = 1;

    constexpr bool operator==(const scale&) const = default;

    /// Returns the sum without the scales, from a sum of scaled products.
    constexpr double without(double sum) const { return sum / smaller / larger; }
};

/// Returns the scale with which a partial sum is computed again; 1 if the sum is good as it is.
///
/// A partial sum has 2^12 elements at most, so it lost less than 2^-114, which is 2^-24 of the least sum that is good. Above
/// 2^134 it has infinities. In a sum below 2^-90, smaller factors are below 2^-45, or 2^-90 over the larger one: times 2^126
/// they are numbers of float, and so are the products, from 2^-126 to 2^36. In a sum with infinities the larger factors become 4
/// at most and the smaller ones 2^114, so that the 64 products that are added in float are below 2^122. An infinity stays an
/// infinity, because a smaller factor is only lost if it is below 2^-112.
inline scale scale_for(double sum) {
    const double size = std::fabs(sum);
    if (size >= 0x1p-90 && size <= 0x1p134) return {};
    return size < 1 ? scale{0x1p126f, 1} : scale{0x1p-14f, 0x1p-126f};
}

/// Returns the scaled product of two numbers, rounded before it is added.
template <class A, bool Equal, class V>
FURL_INLINE V scaled_product(V a, V b, scale by) {
    V smaller = a, larger = b;
    if constexpr (!Equal) {
        const auto b_is_larger = A::less(A::abs(a), A::abs(b));
        smaller = A::select(b_is_larger, a, b), larger = A::select(b_is_larger, b, a);
    }
    return A::keep(A::multiply(A::multiply(smaller, A::broadcast(by.smaller)), A::multiply(larger, A::broadcast(by.larger))));
}

}  // namespace furl::detail
