#pragma once

#include <furl/base/finite.hpp>

#include <bit>
#include <concepts>
#include <cstdint>

// Numbers of 16 bits are for storage: arithmetic converts them to float.
namespace FURL_NAMESPACE {

/// The upper half of a float: 8 bits of exponent, 7 of fraction. Conversion rounds to nearest, ties to even; NaN stays NaN.
class bfloat16 {
  public:
    std::uint16_t bits = 0;  ///< sign, exponent, fraction

    constexpr bfloat16() = default;
    /// Rounds to the nearest number.
    constexpr explicit bfloat16(float x) {
        const auto b = std::bit_cast<std::uint32_t>(x);
        bits = static_cast<std::uint16_t>(detail::is_nan(x) ? (b >> 16) | 0x40u : (b + 0x7fffu + ((b >> 16) & 1u)) >> 16);
    }
    /// Converts to float, which is exact.
    constexpr operator float() const {  // NOLINT(google-explicit-constructor)
        return std::bit_cast<float>(std::uint32_t{bits} << 16);
    }
};

/// IEEE binary16: 5 bits of exponent, 10 of fraction. Conversion rounds to nearest, ties to even; 65520 and more becomes
/// infinite.
class float16 {
  public:
    std::uint16_t bits = 0;  ///< sign, exponent, fraction

    constexpr float16() = default;
    /// Rounds to the nearest number.
    constexpr explicit float16(float x) {
        const auto b = std::bit_cast<std::uint32_t>(x);
        const auto sign = (b >> 16) & 0x8000u;
        const auto magnitude = b & 0x7fffffffu;
        std::uint32_t half;
        if (magnitude > 0x7f800000u) half = 0x7e00u;                 // NaN
        else if (magnitude >= 0x477ff000u) half = 0x7c00u;           // 65520
        else if (magnitude >= 0x38800000u) half = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
        else half = denormal(std::bit_cast<float>(magnitude));
        bits = static_cast<std::uint16_t>(sign | half);
    }
    /// Converts to float, which is exact.
    constexpr operator float() const {  // NOLINT(google-explicit-constructor)
        const std::uint32_t sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
        std::uint32_t b;
        if (magnitude >= 0x7c00u) b = 0x7f800000u | ((magnitude & 0x3ffu) << 13);
        else if (magnitude >= 0x400u) b = (magnitude << 13) + 0x38000000u;
        else b = std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f);
        return std::bit_cast<float>(sign | b);
    }

  private:
    // Below 2^-14 the unit of binary16 is 2^-24, as that of a float from 0.5 to 1: adding 0.5 rounds to it.
    static constexpr std::uint32_t denormal(float x) { return std::bit_cast<std::uint32_t>(x + 0.5f) - 0x3f000000u; }
};

/// Whether E is a number of 16 bits.
template <class E>
concept NarrowFloat = std::same_as<E, bfloat16> || std::same_as<E, float16>;

/// Whether data of type X holds numbers of type E, bit for bit. Specialize it for a type of your own:
/// `template <> inline constexpr bool furl::holds<Eigen::bfloat16, furl::bfloat16> = true;`
template <class X, class E>
inline constexpr bool holds = std::same_as<X, E>;

}  // namespace furl
