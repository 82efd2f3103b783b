#pragma once

#include <furl/base/build.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

// These functions recognize infinity and NaN by their bits: with -ffinite-math-only a compiler takes std::isnan(x) and x != x to
// be false, and clang warns about std::numeric_limits<T>::infinity().
namespace FURL_NAMESPACE::detail {

/// An unsigned integer of the size of T.
template <std::floating_point T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// The bits of infinity. Without the sign, the bits of a finite number are a smaller integer and those of a NaN a larger one.
template <std::floating_point T>
inline constexpr bits_of<T> infinity_bits = sizeof(T) == 4 ? bits_of<T>{0x7f800000} : static_cast<bits_of<T>>(0x7ff0000000000000);

template <std::floating_point T>
inline constexpr T infinity = std::bit_cast<T>(infinity_bits<T>);

/// A quiet NaN.
template <std::floating_point T>
inline constexpr T not_a_number = std::bit_cast<T>(infinity_bits<T> | infinity_bits<T> >> 1);

template <std::floating_point T>
constexpr bits_of<T> magnitude_bits(T x) {
    return std::bit_cast<bits_of<T>>(x) & (~bits_of<T>{0} >> 1);
}

template <std::floating_point T>
constexpr bool is_nan(T x) {
    return magnitude_bits(x) > infinity_bits<T>;
}

template <std::floating_point T>
constexpr bool is_infinite(T x) {
    return magnitude_bits(x) == infinity_bits<T>;
}

template <std::floating_point T>
constexpr bool is_finite(T x) {
    return magnitude_bits(x) < infinity_bits<T>;
}

}  // namespace furl::detail
