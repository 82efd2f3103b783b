#pragma once

#include <furl/base/narrow_float.hpp>

#include <concepts>
#include <limits>
#include <string_view>

namespace FURL_NAMESPACE {

/// How finely numbers of a format are spaced, and how far they reach.
struct number_facts {
    std::string_view name{};  ///< the name of the format: "bfloat16"
    double half_unit = 0;     ///< half of the distance from 1 to the next number, which a number from 1 to 2 keeps or loses
    double smallest = 0;      ///< positive numbers up to here become 0
    double largest = 0;       ///< larger numbers become infinite
    bool random = false;      ///< whether they are rounded at random: then a smaller change than half_unit survives in the mean
};

namespace detail {

constexpr double power_of_two(int exponent) {
    double result = 1;
    for (; exponent > 0; --exponent) result *= 2;
    for (; exponent < 0; ++exponent) result /= 2;
    return result;
}

}  // namespace detail

/// The facts of numbers that are rounded to the nearest.
///
/// @tparam E        float, double, bfloat16 or float16.
/// @param  flushes  whether denormals of the type that a step computes in count as zero. Those of float16 are ordinary floats.
template <class E>
constexpr number_facts facts_of(bool flushes) {
    using detail::power_of_two;
    if constexpr (std::same_as<E, bfloat16>)
        return {"bfloat16", power_of_two(-8), power_of_two(flushes ? -126 : -134), (2 - power_of_two(-7)) * power_of_two(127)};
    else if constexpr (std::same_as<E, float16>)
        return {"float16", power_of_two(-11), power_of_two(-25), 65504};
    else {
        using limits = std::numeric_limits<E>;
        constexpr bool is_float = sizeof(E) == sizeof(float);
        // Half of the smallest denormal becomes 0; for double that half is no number.
        const double smallest = flushes ? static_cast<double>(limits::min()) : is_float ? power_of_two(-150) : power_of_two(-1074);
        return {is_float ? "float" : "double", static_cast<double>(limits::epsilon()) / 2, smallest, static_cast<double>(limits::max())};
    }
}

}  // namespace furl
