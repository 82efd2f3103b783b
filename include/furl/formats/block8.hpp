#pragma once

#include <furl/base/finite.hpp>
#include <furl/formats/formats.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace FURL_NAMESPACE {

namespace detail {

/// Numbers of 8 bits in blocks of 256 that share a scale, which makes the largest magnitude of the block the largest number.
///
/// In units of the scale, code m stands for (1 + f/8) 2^e - z, where e = m >> 3 and f = m & 7: there are eight equal steps from
/// 2^e to 2^(e+1). So a code is the upper bits of a float minus an offset, and to round at random is to add random bits to the
/// lower ones, as in stochastic. With a sign z is 1, and code 0 is 0. Without a sign z is 7/8, and code 0 is the smallest
/// number, d = 1/8, which is as far from 0 as from code 1: no number of a block reads as 0 unless all of them do.
///
/// That keeps Adam's step in bounds, whatever the gradients are. Let M and V be the largest |m| and v of a block, and a the
/// smallest first moment above 0 of the block: a^2 = 0.134 d M^2 / V, by the two ranges. Before rounding, a step turns m^2 / v
/// into at most q m^2 / v + c, with q = beta1^2 / beta2 and c = (1 - beta1)^2 / (1 - beta2), by Cauchy's inequality. Neighbours
/// of m are at most |m| / 8 + a apart, so rounding to one of them with the right mean adds at most m^2 / 128 + a^2 / 2 to the
/// mean of m^2. Neighbours x < y of v have y <= 2 x, so rounding multiplies the mean of 1 / v by at most (x + y)^2 / (4 x y) <=
/// 9/8; a v below d becomes larger. The two streams draw bits of their own, so once the mean of m^2 / v is below (1.134 c +
/// 0.067 M^2 / V) / (1 - 1.134 q), it stays there, where M^2 / V is the largest so far; M^2 / V is at most the m^2 / v of the
/// element with the largest |m|. Bias correction makes the ratio smaller.
template <bool Signed>
struct block_format {
    using element = std::uint8_t;  ///< a code, in main memory
    using companion = float;            ///< a scale for each block
    static constexpr std::string_view companion_name = Signed ? "scale" : "positive_scale";  ///< its name in a checkpoint
    static constexpr bool fits = true;         ///< there is no element type to fit
    static constexpr std::size_t block = 256;  ///< elements that are stored together
    static constexpr bool random = true;       ///< whether it draws random bits

    /// Returns the values of a vector of codes, where unit is the scale of their block.
    template <class A, class V>
    static FURL_INLINE V decode(typename A::bits code, V unit) {
        const auto magnitude = A::from_bits(((code << 20) & code_bits) | offset);
        const auto x = A::multiply(A::subtract(magnitude, A::broadcast(shift)), unit);
        if constexpr (Signed) return A::from_bits(A::to_bits(x) | ((code << 24) & 0x80000000u));
        else return x;
    }

    /// Stores the scale of n values of a block, and returns the factor that encode needs. n is a multiple of four vectors. A
    /// number that is not finite, or too large for the reciprocal of the scale, makes the whole block read as NaN.
    template <class A>
    static FURL_INLINE float measure(const float* values, std::size_t n, std::byte* scale) {
        // Magnitudes are compared as integers, where NaN is the largest.
        typename A::bits most{};
        for (std::size_t i = 0; i < n; i += 4 * A::width) {
            const auto magnitude = [&](std::size_t k) FURL_INLINE_LAMBDA {
                return A::to_bits(A::load(values + i + k * A::width)) & 0x7fffffffu;
            };
            const auto of_four = A::larger(A::larger(magnitude(0), magnitude(1)), A::larger(magnitude(2), magnitude(3)));
            most = A::larger(most, of_four);
        }
        const auto largest = std::bit_cast<float>(A::largest(most));
        // Within these bounds neither the smallest number above 0 nor the reciprocal of the scale is denormal.
        const bool too_large = !arithmetic<float>::less_equal(largest, range * 0x1p125f);  // or NaN
        const float unit = largest == 0 ? 0 : std::max(largest / range, 0x1p-92f);
        arithmetic<float>::store_as<float>(scale, too_large ? not_a_number<float> : unit);
        return too_large || unit == 0 ? 0 : (1 - 0x1p-22f) / unit;
    }

    /// Returns the codes of a vector of values, in the lower 8 bits; noise has 20 bits for each.
    template <class A, class V>
    static FURL_INLINE auto encode(V x, V factor, typename A::bits noise) {
        const auto b = A::to_bits(x);
        const auto magnitude = Signed ? A::from_bits(b & 0x7fffffffu) : x;
        const auto shifted = A::fma(magnitude, factor, A::broadcast(shift));
        // A value that was decoded from a code may come out a little below it; with these low bits it becomes that code again
        // for any noise.
        const auto rounded = A::to_bits(shifted) + (noise | 31u);
        if constexpr (Signed) return (rounded | ((b >> 4) & 0x08000000u)) >> 20;
        else return A::larger(rounded, noise * 0u + offset) >> 20;
    }

    /// Reads all values of a tensor.
    static void read(const std::byte* codes, const std::byte* scales, std::span<float> values) {
        using A = arithmetic<float>;
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = decode<A>(A::load_bits<std::uint8_t>(codes + i), A::load_as<float>(scales + i / block * sizeof(float)));
    }
    /// Writes all values of a tensor, rounded to the nearest code.
    static void write(std::byte* codes, std::byte* scales, std::span<const float> values) {
        using A = arithmetic<float>;
        for (std::size_t begin = 0; begin < values.size(); begin += block) {
            const auto n = std::min(block, values.size() - begin);
            float padded[block]{};  // padded to whole groups
            std::ranges::copy(values.subspan(begin, n), padded);
            const float factor = measure<A>(padded, block, scales + begin / block * sizeof(float));
            for (std::size_t i = 0; i < n; ++i)
                A::store_bits<std::uint8_t>(codes + begin + i, encode<A>(padded[i], factor, 0x80000u));
        }
    }
    static void fill(std::byte* codes, std::byte* scales, std::size_t n, float value) {
        using A = arithmetic<float>;
        const float values[4]{value, value, value, value};
        for (std::size_t i = 0; i < n; ++i) {
            const float factor = measure<A>(values, 4, scales + i / block * sizeof(float));
            A::store_bits<std::uint8_t>(codes + i, encode<A>(value, factor, 0x80000u));
        }
    }

  private:
    // Codes start at 2^-31. The bits above the 8 of a code are the same for all floats from there up to 2.
    static constexpr std::uint32_t offset = 96u << 23;
    static constexpr std::uint32_t code_bits = (Signed ? 0x7fu : 0xffu) << 20;
    static constexpr float shift = Signed ? 0x1p-31f : 0.875f * 0x1p-31f;  // z
    static constexpr float end = Signed ? 0x1p-15f : 2;
    static constexpr float range = 0.9375f * end - shift;  // the largest number
};

}  // namespace detail

/// Numbers of 8 bits with a sign, rounded at random, in blocks of 256 that share a scale: for a first moment. They take a
/// quarter of the memory of float, and 1/64 of a byte each for the scale. A number below 2^-19 of the largest of its block
/// becomes 0 or that bound, at random.
using block8 = detail::block_format<true>;

/// The same without a sign and with a larger range, down to 2^-35 of the largest: for a second moment. Smaller numbers, also 0
/// and negative ones, become the smallest number of that range, so that this format adds no division of a first moment by 0.
using block8_positive = detail::block_format<false>;

}  // namespace furl
