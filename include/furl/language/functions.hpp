#pragma once

#include <furl/language/expression.hpp>

// Functions act element by element; their operands are expressions or numbers.
namespace FURL_NAMESPACE {

/// x^2.
template <Expression X>
constexpr made<op::square, X> square(const X& x) {
    return make<op::square>(x);
}

/// x^3.
template <Expression X>
constexpr made<op::cube, X> cube(const X& x) {
    return make<op::cube>(x);
}

/// The square root; NaN below zero.
template <Expression X>
constexpr made<op::sqrt, X> sqrt(const X& x) {
    return make<op::sqrt>(x);
}

/// 1 / sqrt(x), by a division and a root: exact to an ULP, not the 12-bit estimate.
template <Expression X>
constexpr made<op::rsqrt, X> rsqrt(const X& x) {
    return make<op::rsqrt>(x);
}

/// The cube root; x may be negative.
template <Expression X>
constexpr made<op::cbrt, X> cbrt(const X& x) {
    return make<op::cbrt>(x);
}

/// |x|.
template <Expression X>
constexpr made<op::abs, X> abs(const X& x) {
    return make<op::abs>(x);
}

/// 1 above zero, -1 below; zeros and NaN stay as they are.
template <Expression X>
constexpr made<op::sign, X> sign(const X& x) {
    return make<op::sign>(x);
}

/// The largest whole number not above x.
template <Expression X>
constexpr made<op::floor, X> floor(const X& x) {
    return make<op::floor>(x);
}

/// e^x.
template <Expression X>
constexpr made<op::exp, X> exp(const X& x) {
    return make<op::exp>(x);
}

/// e^x - 1, exact near zero.
template <Expression X>
constexpr made<op::expm1, X> expm1(const X& x) {
    return make<op::expm1>(x);
}

/// The natural logarithm.
template <Expression X>
constexpr made<op::log, X> log(const X& x) {
    return make<op::log>(x);
}

/// log(1 + x), exact near zero.
template <Expression X>
constexpr made<op::log1p, X> log1p(const X& x) {
    return make<op::log1p>(x);
}

/// The hyperbolic tangent.
template <Expression X>
constexpr made<op::tanh, X> tanh(const X& x) {
    return make<op::tanh>(x);
}

/// 1 / (1 + e^-x).
template <Expression X>
constexpr made<op::sigmoid, X> sigmoid(const X& x) {
    return make<op::sigmoid>(x);
}

/// The sine; x in radians.
template <Expression X>
constexpr made<op::sin, X> sin(const X& x) {
    return make<op::sin>(x);
}

/// The cosine; x in radians.
template <Expression X>
constexpr made<op::cos, X> cos(const X& x) {
    return make<op::cos>(x);
}

/// The magnitude of a with the sign of b.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::copysign, A, B> copysign(const A& a, const B& b) {
    return make<op::copysign>(a, b);
}

/// The smaller of a and b; NaN if either is NaN.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::minimum, A, B> min(const A& a, const B& b) {
    return make<op::minimum>(a, b);
}

/// The larger of a and b; NaN if either is NaN.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::maximum, A, B> max(const A& a, const B& b) {
    return make<op::maximum>(a, b);
}

/// a^b. Constant exponents -1, 0.5, 1, 2 and 3 become quotients, roots and products. Other exponents cost a hundred operations
/// for a vector of float where there is a fused multiply-add, else a call per element.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::pow, A, B> pow(const A& a, const B& b) {
    return make<op::pow>(a, b);
}

/// The angle of the point (b, a), in radians.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::atan2, A, B> atan2(const A& a, const B& b) {
    return make<op::atan2>(a, b);
}

/// A random number in (0, 1), an odd multiple of 2^-24. Each element, tensor, step and stream has another one. It is
/// counter-based: the same for any vector width, and for the same seed in every run.
///
/// @param seed    one value per step, usually a hyperparameter.
/// @param stream  a whole number, at least 0; equal streams of a rule draw equal numbers.
/// Shape:   one value per parameter (n).
/// Errors:  E22 if the seed is not one value per step, or the stream is no such number.
template <Operand Seed>
constexpr made<op::random, Seed, double> random(const Seed& seed, double stream) {
    return make<op::random>(seed, stream);
}

/// x held between low and high; a NaN stays NaN.
template <class X, class Low, class High>
    requires AnyExpression<X, Low, High>
constexpr made<op::clamp, X, Low, High> clamp(const X& x, const Low& low, const High& high) {
    return make<op::clamp>(x, low, high);
}

/// a + weight (b - a).
template <class A, class B, class Weight>
    requires AnyExpression<A, B, Weight>
constexpr made<op::lerp, A, B, Weight> lerp(const A& a, const B& b, const Weight& weight) {
    return make<op::lerp>(a, b, weight);
}

/// a where the condition holds, else b. Both are computed.
///
/// Errors:  E11 if the first operand is no condition.
template <class Condition, class A, class B>
    requires AnyExpression<Condition, A, B>
constexpr made<op::select, Condition, A, B> select(const Condition& condition, const A& a, const B& b) {
    return make<op::select>(condition, a, b);
}

}  // namespace furl
