#pragma once

#include <furl/base/macros.hpp>
#include <furl/simd/bit_order.hpp>
#include <furl/simd/concepts.hpp>
#include <furl/simd/random.hpp>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>

/// This folder holds the value types that programs are evaluated over: numbers, and vectors of numbers (simd.hpp, the one header
/// that includes xsimd). The evaluator knows arithmetic<V> and nothing else of a value type V.
namespace FURL_NAMESPACE {

namespace detail {

// Keeps the compiler from contracting a * b + c: the program decides where that is done (see program/contract.hpp).
template <std::floating_point T>
FURL_INLINE T keep_rounded(T x) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__)) && defined(__SSE2__)
    asm("" : "+x"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
    asm("" : "+w"(x));
#endif
    return x;
}

// Rounds once where the machine has the instruction. Elsewhere a library call per element would cost more than the loop.
FURL_INLINE float multiply_add(float a, float b, float c) {
#ifdef FP_FAST_FMAF
    return std::fma(a, b, c);
#else
    return keep_rounded(a * b) + c;
#endif
}

FURL_INLINE double multiply_add(double a, double b, double c) {
#ifdef FP_FAST_FMA
    return std::fma(a, b, c);
#else
    return keep_rounded(a * b) + c;
#endif
}

}  // namespace detail

/// The arithmetic of one number, for per-step values, the scalar reference, and loops on machines without a vector unit.
template <std::floating_point T>
struct arithmetic<T> {
    using element = T;
    using mask = bool;
    static constexpr std::size_t width = 1;

    static FURL_INLINE T broadcast(T x) { return x; }
    static FURL_INLINE T load(const T* p) { return *p; }
    static FURL_INLINE void store(T* p, T x) { *p = x; }
    static FURL_INLINE T keep(T x) { return detail::keep_rounded(x); }

    static FURL_INLINE T add(T a, T b) { return a + b; }
    static FURL_INLINE T subtract(T a, T b) { return a - b; }
    // Every product is kept, because a compiler would contract a scalar product even through a sign or a select.
    static FURL_INLINE T multiply(T a, T b) { return keep(a * b); }
    static FURL_INLINE T divide(T a, T b) { return a / b; }
    static FURL_INLINE T negate(T a) { return -a; }
    static FURL_INLINE T fma(T a, T b, T c) { return detail::multiply_add(a, b, c); }
    static FURL_INLINE T fms(T a, T b, T c) { return detail::multiply_add(a, b, -c); }
    static FURL_INLINE T fnma(T a, T b, T c) { return detail::multiply_add(-a, b, c); }

    static FURL_INLINE T sqrt(T a) { return std::sqrt(a); }
    static FURL_INLINE T cbrt(T a) { return std::cbrt(a); }
    static FURL_INLINE T abs(T a) { return std::fabs(a); }
    static FURL_INLINE T floor(T a) { return std::floor(a); }
    static FURL_INLINE T exp(T a) { return std::exp(a); }
    static FURL_INLINE T expm1(T a) { return std::expm1(a); }
    static FURL_INLINE T log(T a) { return std::log(a); }
    static FURL_INLINE T log1p(T a) { return std::log1p(a); }
    static FURL_INLINE T tanh(T a) { return std::tanh(a); }
    static FURL_INLINE T sin(T a) { return std::sin(a); }
    static FURL_INLINE T cos(T a) { return std::cos(a); }
    static FURL_INLINE T copysign(T a, T b) { return std::copysign(a, b); }
    // After some thousand steps beta^t is 0, and the library would take its slow path for it. log(a) is at most a - 1, so below
    // this bound the result is 0.
    static FURL_INLINE T pow(T a, T b) { 
        return less(0, a) && less(a, 1) && less(b * (a - 1), -800) ? T{0} : std::pow(a, b);
    }
    static FURL_INLINE T atan2(T a, T b) { return std::atan2(a, b); }

    static FURL_INLINE T last_of(T x, std::size_t) { return x; }

    static FURL_INLINE T random(const detail::random_key& key, std::size_t element) {
        return detail::uniform_at(key, static_cast<std::uint32_t>(element));
    }

    using bits = std::uint32_t;
    static FURL_INLINE bits to_bits(T x) requires(sizeof(T) == 4) { return std::bit_cast<bits>(x); }
    static FURL_INLINE T from_bits(bits x) requires(sizeof(T) == 4) { return std::bit_cast<T>(x); }
    static FURL_INLINE T from_integers(bits x) { return static_cast<T>(static_cast<std::int32_t>(x)); }
    static FURL_INLINE bits nan_bits(T x) { return not_equal(x, x) ? ~bits{0} : bits{0}; }
    static FURL_INLINE bits add_to_number(T x, bits more) { return to_bits(x) + (more & ~nan_bits(x)); }
    static FURL_INLINE bits indices(std::size_t first) { return static_cast<bits>(first); }
    template <class E>
    static FURL_INLINE T load_as(const std::byte* p) {
        E x;
        std::memcpy(&x, p, sizeof x);
        return static_cast<T>(x);
    }
    template <class E>
    static FURL_INLINE void store_as(std::byte* p, T x) {
        const auto y = static_cast<E>(x);
        std::memcpy(p, &y, sizeof y);
    }
    template <std::unsigned_integral E>
    static FURL_INLINE bits load_bits(const std::byte* p) {
        E x;
        std::memcpy(&x, p, sizeof x);
        return x;
    }
    template <std::unsigned_integral E>
    static FURL_INLINE void store_bits(std::byte* p, bits x) {
        const auto y = static_cast<E>(x);
        std::memcpy(p, &y, sizeof y);
    }
    static FURL_INLINE bits larger(bits a, bits b) { return static_cast<std::int32_t>(a) > static_cast<std::int32_t>(b) ? a : b; }
    static FURL_INLINE std::uint32_t largest(bits a) { return a; }
    static FURL_INLINE void store_bytes(std::byte* p, bits a, bits b, bits c, bits d) {
        const std::byte bytes[]{std::byte(a), std::byte(b), std::byte(c), std::byte(d)};
        std::memcpy(p, bytes, 4);
    }
    static FURL_INLINE void store_lower_halves(std::byte* p, bits x) { store_bits<std::uint16_t>(p, x); }
    static FURL_INLINE void store_upper_halves(std::byte* p, bits x) { store_lower_halves(p, x >> 16); }
    static FURL_INLINE void store_lower_halves(std::byte* p, bits first, bits second) {
        store_lower_halves(p, first);
        store_lower_halves(p + 2, second);
    }
    static FURL_INLINE void store_upper_halves(std::byte* p, bits first, bits second) {
        store_lower_halves(p, first >> 16, second >> 16);
    }
    static constexpr bool has_half = false;
    static constexpr bool has_bfloat16 = false;

#if FURL_FINITE_MATH
    static FURL_INLINE bool less(T a, T b) { return order::less(to_order(a), to_order(b)); }
    static FURL_INLINE bool less_equal(T a, T b) { return order::less_equal(to_order(a), to_order(b)); }
    static FURL_INLINE bool equal(T a, T b) { return order::equal(to_order(a), to_order(b)); }
    static FURL_INLINE bool not_equal(T a, T b) { return order::not_equal(to_order(a), to_order(b)); }
#else
    static FURL_INLINE bool less(T a, T b) { return a < b; }
    static FURL_INLINE bool less_equal(T a, T b) { return a <= b; }
    static FURL_INLINE bool equal(T a, T b) { return a == b; }
    static FURL_INLINE bool not_equal(T a, T b) { return a != b; }
#endif
    static FURL_INLINE bool both(bool a, bool b) { return a && b; }
    static FURL_INLINE bool either(bool a, bool b) { return a || b; }
    static FURL_INLINE bool neither(bool a) { return !a; }
    static FURL_INLINE T select(bool c, T a, T b) { return c ? a : b; }

#if FURL_FINITE_MATH
  private:
    using order = detail::bit_order<T, std::make_signed_t<detail::bits_of<T>>>;
    // The product with 1 makes a denormal 0 where denormals are flushed; keep hides it from the compiler.
    static FURL_INLINE auto to_order(T x) { return std::bit_cast<typename order::integer>(keep(x * keep(T{1}))); }
#endif
};

}  // namespace furl
