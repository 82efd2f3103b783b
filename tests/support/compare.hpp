#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

// How the tests make numbers and compare them.
namespace furl::tests {

template <class T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// The same bits; one NaN is as good as another, since their payloads depend on the order of operands.
template <class T>
bool same_bits(T a, T b) {
    return (a != a && b != b) || std::bit_cast<bits_of<T>>(a) == std::bit_cast<bits_of<T>>(b);
}

inline constexpr std::ptrdiff_t nowhere = -1;

/// Where two sequences differ, to the bit; nowhere if they do not.
template <class A, class B>
std::ptrdiff_t first_difference(const A& a, const B& b) {
    if (std::size(a) != std::size(b)) return 0;
    for (std::size_t i = 0; i < std::size(a); ++i)
        if (!same_bits(a[i], b[i])) return static_cast<std::ptrdiff_t>(i);
    return nowhere;
}

/// The distance of x from the exact value, in units of the last place of T at the exact value. 0 for equal infinities
/// and for two NaNs, infinite where only one of the two is finite.
template <class T>
double ulps(T x, long double exact) {
    if (x != x || exact != exact) return x != x && exact != exact ? 0 : HUGE_VAL;
    const auto rounded = static_cast<T>(exact);
    if (std::isinf(x) || std::isinf(rounded)) {
        // The last step before infinity may go either way.
        if (x == rounded) return 0;
        const auto finite = std::isinf(x) ? rounded : x;
        return std::fabs(finite) >= std::numeric_limits<T>::max() * (1 - 8 * std::numeric_limits<T>::epsilon())
                   ? 1
                   : HUGE_VAL;
    }
    const auto magnitude = std::fmax(std::fabs(exact), static_cast<long double>(std::numeric_limits<T>::min()));
    const long double unit = std::ldexp(1.0L, std::ilogb(magnitude) - std::numeric_limits<T>::digits + 1);
    return static_cast<double>(std::fabs(static_cast<long double>(x) - exact) / unit);
}

/// n numbers of a normal distribution.
template <class T>
std::vector<T> normal_values(std::size_t n, unsigned seed, double deviation = 1) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;  // of deviation 1, as a library may refuse 0
    std::vector<T> result(n);
    for (auto& x : result) x = static_cast<T>(deviation * normal(random));
    return result;
}

/// n numbers of both signs, of all magnitudes from smallest to largest.
template <class T>
std::vector<T> spread_values(std::size_t n, unsigned seed, double smallest, double largest) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> exponent(std::log(smallest), std::log(largest));
    std::vector<T> result(n);
    for (std::size_t i = 0; i < n; ++i) result[i] = static_cast<T>((i % 2 ? -1 : 1) * std::exp(exponent(random)));
    return result;
}

/// The numbers at which functions have their corners: zeros of both signs, denormals, the ends of the range,
/// infinities, NaN.
template <class T>
std::vector<T> special_values() {
    using limits = std::numeric_limits<T>;
    std::vector<T> result{0,
                          limits::denorm_min(),
                          limits::min() / 4,
                          limits::min(),
                          T(1e-20),
                          T(0.25),
                          T(0.5),
                          1,
                          T(1) + limits::epsilon(),
                          T(1.5),
                          2,
                          3,
                          7,
                          T(88.5),
                          1000,
                          T(8388608.5),
                          T(1e10),
                          T(1e20),
                          limits::max(),
                          limits::infinity()};
    for (std::size_t i = 0, n = result.size(); i < n; ++i) result.push_back(-result[i]);
    result.push_back(limits::quiet_NaN());
    return result;
}

}  // namespace furl::tests
