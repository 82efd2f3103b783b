#pragma once

#include <furl/base/narrow_float.hpp>

#include <cstddef>
#include <cstdint>

namespace FURL_NAMESPACE {

/// How numbers are stored.
enum class element_type : std::uint8_t {
    float32,   ///< IEEE 754 binary32
    float64,   ///< IEEE 754 binary64
    bfloat16,  ///< the upper 16 bits of a binary32
    float16,   ///< IEEE 754 binary16
    uint16,    ///< an unsigned integer, such as the low 16 bits of a binary32
    uint8,     ///< an unsigned integer, such as a code of 8 bits
};

/// The bytes of a number that is stored so.
constexpr std::size_t size_of(element_type type) {
    switch (type) {
        case element_type::float64: return 8;
        case element_type::float32: return 4;
        case element_type::uint8: return 1;
        default: return 2;
    }
}

/// The element_type of a type of C++.
template <class E>
inline constexpr element_type element_type_of = element_type::float32;
template <>
inline constexpr element_type element_type_of<double> = element_type::float64;
template <>
inline constexpr element_type element_type_of<bfloat16> = element_type::bfloat16;
template <>
inline constexpr element_type element_type_of<float16> = element_type::float16;
template <>
inline constexpr element_type element_type_of<std::uint16_t> = element_type::uint16;
template <>
inline constexpr element_type element_type_of<std::uint8_t> = element_type::uint8;

}  // namespace furl
