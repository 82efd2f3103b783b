#pragma once

#include <furl/execute/formats.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace furl {

namespace detail {

/// Numbers of 8 bits in blocks of 256, which share a scale: the largest magnitude of the block is the largest number.
///
/// Code m stands for (1 + f/8) 2^e - 1, where e = m >> 3 and f = m & 7, in units of the scale: exponential, from 0 on, and
/// linear between neighbours. So a code is the upper bits of a float, less an offset, and rounding at random is adding
/// random bits to the lower ones, as in stochastic.
template <bool Signed>
struct block_format {
    using element = std::uint8_t;  ///< of main memory: a code
    using rest = float;            ///< a scale for each block
    static constexpr std::string_view rest_name = Signed ? "scale" : "positive_scale";  ///< as in a checkpoint
    static constexpr bool fits = true;         ///< it is of no other type
    static constexpr std::size_t block = 256;  ///< elements that are stored together
    static constexpr bool random = true;       ///< whether it draws random bits

    /// The values of a vector of codes. unit: the scale of their block.
    template <class A, class V>
    static FURL_INLINE V decode(typename A::bits code, V unit) {
        const auto magnitude = A::from_bits(((code << 20) & code_bits) | offset);
        const auto x = A::multiply(A::subtract(magnitude, A::broadcast(least)), unit);
        if constexpr (Signed) return A::from_bits(A::to_bits(x) | ((code << 24) & 0x80000000u));
        else return x;
    }

    /// What the n values of a block are encoded with, and its scale. n: whole groups of four vectors. A number that is not
    /// finite, or too large for the reciprocal of the scale, spoils its block, which then reads as NaN.
    template <class A>
    static FURL_INLINE float measure(const float* values, std::size_t n, std::byte* scale) {
        // Compared as integers, in which NaN is the largest.
        typename A::bits most{};
        for (std::size_t i = 0; i < n; i += 4 * A::width) {
            const auto magnitude = [&](std::size_t k) FURL_INLINE_LAMBDA {
                return A::to_bits(A::load(values + i + k * A::width)) & 0x7fffffffu;
            };
            const auto of_four = A::larger(A::larger(magnitude(0), magnitude(1)), A::larger(magnitude(2), magnitude(3)));
            most = A::larger(most, of_four);
        }
        const auto largest = std::bit_cast<float>(A::largest(most));
        // A reciprocal that is infinite, or a denormal.
        const bool too_small = largest < 0x1p-100f, too_large = !(largest <= range * 0x1p125f);
        arithmetic<float>::store_as<float>(scale, too_large ? std::numeric_limits<float>::quiet_NaN() : too_small ? 0 : largest / range);
        return too_small || too_large ? 0 : range / largest * (1 - 0x1p-22f);
    }

    /// The codes of a vector of values, in the lower 8 bits. noise: 20 bits for each.
    template <class A, class V>
    static FURL_INLINE auto encode(V x, V factor, typename A::bits noise) {
        const auto b = A::to_bits(x);
        const auto magnitude = Signed ? b & 0x7fffffffu : A::larger(b, typename A::bits{});  // negative ones become 0
        const auto shifted = A::fma(A::from_bits(magnitude), factor, A::broadcast(least));
        // What comes out a little below a code, where it was decoded from that, is that code for any noise.
        const auto rounded = A::to_bits(shifted) + (noise | 31u);
        if constexpr (Signed) return (rounded | ((b >> 4) & 0x08000000u)) >> 20;
        else return rounded >> 20;
    }

    /// All values of a tensor.
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
            float padded[block]{};  // to whole groups
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
    // Codes start at 2^-31, whose upper bits, but for the 8 of the code, are those of all floats up to 2.
    static constexpr std::uint32_t offset = 96u << 23;
    static constexpr std::uint32_t code_bits = (Signed ? 0x7fu : 0xffu) << 20;
    static constexpr float least = 0x1p-31f;
    static constexpr float end = Signed ? 0x1p-15f : 2;
    static constexpr float range = 0.9375f * end - least;  // the largest number
};

}  // namespace detail

/// Numbers of 8 bits with a sign, rounded at random, in blocks of 256 of one scale: a first moment. A quarter of the memory
/// of float, and 1/64 of a byte. Numbers below 2^-18 of the largest of a block are 0 or that, at random.
using block8 = detail::block_format<true>;

/// The same without a sign and with a larger range, down to 2^-34 of the largest: a second moment. Negative numbers become 0.
using block8_positive = detail::block_format<false>;

}  // namespace furl
