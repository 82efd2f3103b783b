#pragma once

#include <furl/base/finite.hpp>
#include <furl/simd/arithmetic.hpp>

#include <cstdint>

// These are functions of vectors of float that xsimd computes with a large error (pow: 56 ULP) or that no compiler vectorizes
// (cbrt: an integer remainder). They need a fused multiply-add, which gives the rounding error of a product.
namespace FURL_NAMESPACE::detail {

/// A number as a sum of two: the second is the rounding error of the first.
template <class V>
struct sum_of_two {
    V high, low;
};

/// x = mantissa 2^exponent, where the mantissa lies between the roots of 1/2 and 2. For zero, infinity and NaN both are finite
/// but arbitrary.
template <class V>
struct binary_parts {
    V mantissa, exponent;
};

/// c + x (c1 + x (c2 + ...)).
template <class A, class V, class... C>
FURL_INLINE V polynomial(V x, float c, C... more) {
    if constexpr (sizeof...(more) == 0) return A::broadcast(c);
    else return A::fma(x, polynomial<A>(x, more...), A::broadcast(c));
}

template <class A, class V>
FURL_INLINE binary_parts<V> parts_of(V magnitude) {
    const auto denormal = A::less(magnitude, A::broadcast(0x1p-126f));
    const auto b = A::to_bits(A::select(denormal, A::multiply(magnitude, A::broadcast(0x1p24f)), magnitude));
    const auto biased = (b + (0x40000000u - 0x3f3504f3u)) >> 23;  // exponent + 128, counted from the root of 1/2
    return {A::from_bits(b + 0x40000000u - (biased << 23)),
            A::subtract(A::from_integers(biased), A::select(denormal, A::broadcast(128 + 24), A::broadcast(128)))};
}

/// Returns x 2^n, for a whole n and a result in the normal range.
template <class A, class V>
FURL_INLINE V by_power_of_2(V x, V n) {
    // The lower bits of n + 1.5 2^23 are those of n; the others are shifted out.
    return A::from_bits(A::to_bits(x) + (A::to_bits(A::add(n, A::broadcast(0x1.8p23f))) << 23));
}

/// Returns log2 of a positive number, with a relative error of 2^-33: atanh of s = (m - 1) / (m + 1), by its series.
template <class A, class V>
FURL_INLINE sum_of_two<V> log2_of(binary_parts<V> x) {
    const V one = A::broadcast(1), m = x.mantissa;
    const V above = A::subtract(m, one), below = A::add(m, one), lost = A::subtract(m, A::subtract(below, one));
    const V inverse = A::divide(one, below);
    const V s = A::multiply(above, inverse);
    const V s_low = A::multiply(A::fnma(s, lost, A::fnma(s, below, above)), inverse);
    const V square = A::multiply(s, s), square_low = A::fma(A::add(s, s), s_low, A::fms(s, s, square));
    // atanh(s) = s + s^3 (1/3 + s^2 (1/5 + ...))
    const V third = A::broadcast(0x1.555556p-2f), third_low = A::broadcast(-0x1.555556p-27f);
    const V rest = A::multiply(square, polynomial<A>(square, 0x1.999ap-3f, 0x1.2452bcp-3f, 0x1.df97acp-4f));
    const V factor = A::add(third, rest), factor_low = A::add(A::subtract(rest, A::subtract(factor, third)), third_low);
    const V p = A::multiply(square, factor);
    const V p_low = A::fma(square, factor_low, A::fma(square_low, factor, A::fms(square, factor, p)));
    const V cube = A::multiply(s, p), cube_low = A::fma(s_low, p, A::fma(s, p_low, A::fms(s, p, cube)));
    const V atanh = A::add(s, cube), atanh_low = A::add(A::subtract(cube, A::subtract(atanh, s)), A::add(s_low, cube_low));
    // 2 / ln 2
    const V unit = A::broadcast(0x1.715476p+1f), unit_low = A::broadcast(0x1.4ae0cp-25f);
    const V l = A::multiply(atanh, unit);
    const V l_low = A::fma(atanh_low, unit, A::fma(atanh, unit_low, A::fms(atanh, unit, l)));
    const V sum = A::add(x.exponent, l);
    return {sum, A::add(A::subtract(l, A::subtract(sum, x.exponent)), l_low)};
}

/// Returns 2^x, which is 0 or infinity beyond the range of float.
template <class A, class V>
FURL_INLINE V exp2_of(sum_of_two<V> x) {
    // Beyond these bounds the result is 0 or infinite in any case, and the low part may be NaN or infinite.
    const V far = A::broadcast(160);
    const auto near = A::less(A::abs(x.high), far);
    const V high = A::select(near, x.high, A::copysign(far, x.high)), low = A::select(near, x.low, A::broadcast(0));
    const V n = A::floor(A::add(high, A::broadcast(0.5f)));
    const V r = A::add(A::subtract(high, n), low);
    const V p = polynomial<A>(r, 1, 0x1.62e43p-1f, 0x1.ebfbdcp-3f, 0x1.c6aee8p-5f, 0x1.3b2d5p-7f, 0x1.5f3efcp-10f, 0x1.41fac4p-13f);
    // The power of two is applied in two steps, the second of which may leave the range.
    const V half = A::floor(A::multiply(n, A::broadcast(0.5f)));
    return A::multiply(by_power_of_2<A>(p, half), by_power_of_2<A>(A::broadcast(1), A::subtract(n, half)));
}

/// Returns x^y, to 1 ULP or a little more; for zeros, infinities and NaN it returns what std::pow does.
template <class A, class V>
FURL_INLINE V pow_of(V x, V y) {
    const V zero = A::broadcast(0), one = A::broadcast(1), infinite = A::broadcast(infinity<float>);
    const V size = A::abs(x);
    auto log = log2_of<A>(parts_of<A>(size));
    log.high = A::select(A::less(size, infinite), A::select(A::equal(size, zero), A::negate(infinite), log.high), size);
    // 1 to the power of infinity is 1.
    const V power = A::select(A::both(A::equal(size, one), A::equal(y, y)), zero, y);
    const V product = A::keep(A::multiply(power, log.high));
    const V magnitude = exp2_of<A>(sum_of_two<V>{product, A::fma(power, log.low, A::fms(power, log.high, product))});

    const V half = A::multiply(y, A::broadcast(0.5f));
    const auto whole = A::equal(A::floor(y), y), odd = A::both(whole, A::not_equal(A::floor(half), half));
    const V sign = A::select(odd, x, one);
    V result = A::copysign(magnitude, sign);
    // Negative numbers have whole powers only; product is NaN if an operand is.
    const auto no_number = A::both(A::both(A::less(x, zero), A::less(size, infinite)), A::neither(whole));
    result = A::select(A::either(no_number, A::not_equal(product, product)),
                       A::broadcast(not_a_number<float>), result);
    return A::select(A::either(A::equal(y, zero), A::equal(x, one)), one, result);
}

/// Returns the cube root, to 1 ULP.
template <class A, class V>
FURL_INLINE V cbrt_of(V x) {
    const V third = A::broadcast(1.0f / 3), size = A::abs(x);
    const auto parts = parts_of<A>(size);
    const V exponent = A::floor(A::multiply(A::add(parts.exponent, A::broadcast(0.5f)), third));
    const V z = by_power_of_2<A>(parts.mantissa, A::fnma(exponent, A::broadcast(3), parts.exponent));  // sqrt(1/2) to 4 sqrt(2)
    // w = z^(-1/3): a polynomial is within 1.7 %, and two steps of Newton's method improve it.
    const auto improved = [&](V w) FURL_INLINE_LAMBDA {
        return A::multiply(A::multiply(w, third), A::fnma(z, A::multiply(w, A::multiply(w, w)), A::broadcast(4)));
    };
    const V w = improved(improved(polynomial<A>(z, 0x1.637554p+0f, -0x1.e31c98p-2f, 0x1.a602dep-4f, -0x1.092a92p-7f)));
    // The root is z w^2. One more step of Newton's method subtracts the excess of its cube, divided by the derivative.
    const V square = A::multiply(w, w), root = A::multiply(z, square), root2 = A::multiply(root, root);
    const V excess = A::fma(A::fms(root, root, root2), root, A::fms(root2, root, z));
    const V result = A::copysign(by_power_of_2<A>(A::fnma(excess, A::multiply(square, third), root), exponent), x);
    const auto ordinary = A::both(A::less(A::broadcast(0), size), A::less(size, A::broadcast(infinity<float>)));
    return A::select(ordinary, result, A::add(x, x));
}

}  // namespace furl::detail
