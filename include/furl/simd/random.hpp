#pragma once

#include <furl/base/macros.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

// Counter-based random numbers: a number is a hash of where it is used (seed, stream, step, tensor, element), so it does
// not depend on vector width, on the order of elements, or on how many were drawn before.
namespace FURL_NAMESPACE::detail {

/// The key of one stream of numbers, for one tensor in one step.
using random_key = std::array<std::uint32_t, 2>;

// The finalizer of splitmix64 (Steele, Lea & Flood 2014): each input bit changes each output bit about half the time.
constexpr std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

constexpr random_key make_random_key(double seed, double stream, std::uint64_t step, std::uint64_t tensor) {
    auto x = mixed(std::bit_cast<std::uint64_t>(seed));
    x = mixed(x ^ std::bit_cast<std::uint64_t>(stream));
    x = mixed(x ^ step);
    x = mixed(x ^ tensor);
    return {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(x >> 32)};
}

/// The key of a format's random bits. Its seed and its streams are negative: no rule has such a stream.
constexpr random_key make_format_key(std::size_t format, std::uint64_t step, std::uint64_t tensor) {
    return make_random_key(-1, -1.0 - static_cast<double>(format), step, tensor);
}

/// Returns 32 random bits for an element, or a vector of them for a vector of elements: two rounds of multiply and shift, each
/// after a key.
template <class Bits>
FURL_INLINE constexpr Bits mixed(const random_key& key, Bits element) {
    Bits x = element * 0x9e3779b9u + key[0];
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    x = (x ^ (x >> 16)) + key[1];
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

/// Does the same in one round, for the noise of rounding.
template <class Bits>
FURL_INLINE constexpr Bits mixed_once(const random_key& key, Bits element) {
    Bits x = element + key[0];
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ key[1] ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

/// Returns a number in (0, 1), an odd multiple of 2^-24: exact in float, and the same in double.
FURL_INLINE constexpr float uniform_at(const random_key& key, std::uint32_t element) {
    return static_cast<float>(static_cast<std::int32_t>(mixed(key, element) >> 9)) * 0x1p-23f + 0x1p-24f;
}

}  // namespace furl::detail
