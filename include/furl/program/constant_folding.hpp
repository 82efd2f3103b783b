#pragma once

#include <furl/base/number_facts.hpp>
#include <furl/language/op.hpp>

#include <bit>
#include <cstdint>
#include <optional>

// Operations on numbers in constant expressions, where the functions of <cmath> are not known. They are for estimates, to about 1e-12.
namespace FURL_NAMESPACE::detail {

constexpr double magnitude(double x) { return x < 0 ? -x : x; }

constexpr double floor_of(double x) {
    if (!(magnitude(x) < 0x1p53)) return x;
    const auto whole = static_cast<double>(static_cast<std::int64_t>(x));
    return whole > x ? whole - 1 : whole;
}

/// The natural logarithm of a positive number: that of its exponent and that of its fraction, by the series of artanh.
constexpr double log_of(double x) {
    if (x < 1e-300) return x <= 0 ? -745 : log_of(x * 0x1p60) - 60 * 0.6931471805599453;  // a denormal has no such fraction
    const auto bits = std::bit_cast<std::uint64_t>(x);
    auto exponent = static_cast<int>(bits >> 52) - 1023;
    auto fraction = std::bit_cast<double>((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
    if (fraction > 1.4142135623730951) fraction /= 2, ++exponent;
    const double y = (fraction - 1) / (fraction + 1);
    double sum = 0;
    for (int k = 21; k > 0; k -= 2) sum = sum * y * y + 2.0 / k;
    return sum * y + exponent * 0.6931471805599453;
}

/// The exponential, held within the range of double.
constexpr double exp_of(double x) {
    x = x > 709 ? 709 : x >= -708 ? x : -708;  // also for NaN
    const double k = floor_of(x / 0.6931471805599453 + 0.5), r = x - k * 0.6931471805599453;
    double sum = 1;
    for (int i = 16; i > 0; --i) sum = 1 + sum * r / i;
    return sum * power_of_two(static_cast<int>(k));
}

/// a to the power b. A negative base has the power of its magnitude, with the sign of an odd b.
constexpr double pow_of(double a, double b) {
    if (b == 0) return 1;
    if (a == 0) return b > 0 ? 0 : exp_of(709);
    const double result = exp_of(b * log_of(magnitude(a)));
    return a < 0 && floor_of(b / 2) * 2 != b ? -result : result;
}

constexpr double cos_of(double x) {
    constexpr double turn = 6.283185307179586;
    const double r = x - floor_of(x / turn + 0.5) * turn;
    double sum = 1;
    for (int i = 28; i > 0; i -= 2) sum = 1 - sum * r * r / (i * (i - 1));
    return sum;
}

/// The result of an operation on numbers; nothing if it is not defined, or depends on more than numbers.
constexpr std::optional<double> folded(op code, double a, double b, double c) {
    switch (code) {
        case op::add: return a + b;
        case op::subtract: return a - b;
        case op::multiply: return a * b;
        case op::divide: return b == 0 ? std::nullopt : std::optional(a / b);
        case op::negate: return -a;
        case op::square: return a * a;
        case op::cube: return a * a * a;
        case op::sqrt: return a < 0 ? std::nullopt : std::optional(pow_of(a, 0.5));
        case op::rsqrt: return a <= 0 ? std::nullopt : std::optional(pow_of(a, -0.5));
        case op::cbrt: return a < 0 ? -pow_of(-a, 1.0 / 3) : pow_of(a, 1.0 / 3);
        case op::abs: return magnitude(a);
        case op::sign: return a > 0 ? 1 : a < 0 ? -1 : 0;
        case op::floor: return floor_of(a);
        case op::exp: return exp_of(a);
        case op::expm1: return exp_of(a) - 1;
        case op::log: return a <= 0 ? std::nullopt : std::optional(log_of(a));
        case op::log1p: return a <= -1 ? std::nullopt : std::optional(log_of(1 + a));
        case op::tanh: return 1 - 2 / (exp_of(2 * a) + 1);
        case op::sigmoid: return 1 / (1 + exp_of(-a));
        case op::sin: return cos_of(a - 1.5707963267948966);
        case op::cos: return cos_of(a);
        case op::copysign: return (a < 0) == (b < 0) ? a : -a;
        case op::minimum: return a < b ? a : b;
        case op::maximum: return a > b ? a : b;
        case op::pow: return pow_of(a, b);
        case op::clamp: return a < b ? b : a > c ? c : a;
        case op::lerp: return a + c * (b - a);
        case op::less: return a < b;
        case op::less_equal: return a <= b;
        case op::greater: return a > b;
        case op::greater_equal: return a >= b;
        case op::equal: return a == b;
        case op::not_equal: return a != b;
        case op::logical_and: return a != 0 && b != 0;
        case op::logical_or: return a != 0 || b != 0;
        case op::logical_not: return a == 0;
        default: return std::nullopt;
    }
}

}  // namespace furl::detail
