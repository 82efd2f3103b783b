#pragma once

#include <furl/execute/arithmetic.hpp>

#include <utility>

// The one header that includes xsimd: 8.1 to 14, whose differences end here. FURL_NO_SIMD, or a target without a vector
// unit that xsimd knows, gives vectors of one element.
#if !defined(FURL_NO_SIMD)
#include <xsimd/xsimd.hpp>
#if XSIMD_VERSION_MAJOR < 8
#error "furl needs xsimd 8.1 or newer"
#endif
#if defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#define FURL_NO_SIMD
#endif
#endif

#if defined(FURL_NO_SIMD) && defined(FURL_REQUIRE_SIMD)
#error "furl[E09]: FURL_REQUIRE_SIMD is set, but no vector instruction set is enabled; compile with -march=native or -mavx2 -mfma. See docs/errors.md#E09"
#endif

namespace furl {

#if defined(FURL_NO_SIMD)

template <std::floating_point T>
using vector_of = T;

#else

/// The widest vector of the target.
template <std::floating_point T>
using vector_of = xsimd::batch<T>;

namespace detail {

// Functions that xsimd has not, or not accurately enough (its pow: 56 ULP): one call per lane.
template <class T, class Function, class... Batches>
FURL_INLINE xsimd::batch<T> per_lane(Function function, const Batches&... xs) {
    constexpr std::size_t width = xsimd::batch<T>::size;
    alignas(64) T values[sizeof...(Batches)][width];
    alignas(64) T result[width];
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        (xs.store_aligned(values[K]), ...);
        for (std::size_t i = 0; i < width; ++i) result[i] = function(values[K][i]...);
    }(std::index_sequence_for<Batches...>{});
    return xsimd::batch<T>::load_aligned(result);
}

}  // namespace detail

template <std::floating_point T>
struct arithmetic<xsimd::batch<T>> {
    using element = T;
    using V = xsimd::batch<T>;
    using mask = typename V::batch_bool_type;
    static constexpr std::size_t width = V::size;

    static FURL_INLINE V broadcast(T x) { return V(x); }
    static FURL_INLINE V load(const T* p) { return V::load_unaligned(p); }
    static FURL_INLINE void store(T* p, V x) { x.store_unaligned(p); }

    static FURL_INLINE V keep(V x) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
        typename V::register_type bits = x;
        asm("" : "+v"(bits));
        return V(bits);
#elif defined(__GNUC__) && defined(__aarch64__)
        typename V::register_type bits = x;
        asm("" : "+w"(bits));
        return V(bits);
#else
        return x;
#endif
    }

    static FURL_INLINE V add(V a, V b) { return a + b; }
    static FURL_INLINE V subtract(V a, V b) { return a - b; }
    static FURL_INLINE V multiply(V a, V b) { return a * b; }
    // xsimd's division and root on AArch64 are Newton steps on an estimate, wrong at infinities and zeros.
#if defined(__aarch64__) && defined(__ARM_NEON)
    static FURL_INLINE V divide(V a, V b) {
        if constexpr (sizeof(T) == 4) return V(vdivq_f32(a, b));
        else return V(vdivq_f64(a, b));
    }
    static FURL_INLINE V sqrt(V a) {
        if constexpr (sizeof(T) == 4) return V(vsqrtq_f32(a));
        else return V(vsqrtq_f64(a));
    }
#else
    static FURL_INLINE V divide(V a, V b) { return a / b; }
    static FURL_INLINE V sqrt(V a) { return xsimd::sqrt(a); }
#endif
    // Not -a, which xsimd 8.1 takes from 0 for AVX-512: the sign of a zero would be lost.
    static FURL_INLINE V negate(V a) { return a ^ V(T(-0.0)); }
    // xsimd 8.1 has no fused operations for AVX-512: it multiplies, rounds and adds.
#if defined(__AVX512F__)
    static FURL_INLINE V fma(V a, V b, V c) {
        if constexpr (sizeof(V) < 64) return xsimd::fma(a, b, c);
        else if constexpr (sizeof(T) == 4) return V(_mm512_fmadd_ps(a, b, c));
        else return V(_mm512_fmadd_pd(a, b, c));
    }
    static FURL_INLINE V fms(V a, V b, V c) {
        if constexpr (sizeof(V) < 64) return xsimd::fms(a, b, c);
        else if constexpr (sizeof(T) == 4) return V(_mm512_fmsub_ps(a, b, c));
        else return V(_mm512_fmsub_pd(a, b, c));
    }
    static FURL_INLINE V fnma(V a, V b, V c) {
        if constexpr (sizeof(V) < 64) return xsimd::fnma(a, b, c);
        else if constexpr (sizeof(T) == 4) return V(_mm512_fnmadd_ps(a, b, c));
        else return V(_mm512_fnmadd_pd(a, b, c));
    }
#else
    static FURL_INLINE V fma(V a, V b, V c) { return xsimd::fma(a, b, c); }
    static FURL_INLINE V fms(V a, V b, V c) { return xsimd::fms(a, b, c); }
    static FURL_INLINE V fnma(V a, V b, V c) { return xsimd::fnma(a, b, c); }
#endif

    static FURL_INLINE V cbrt(V a) { return xsimd::cbrt(a); }
    static FURL_INLINE V abs(V a) { return xsimd::abs(a); }
    // Without an instruction for it xsimd goes by integers, which have no -0.
#if defined(__SSE4_1__)
    static FURL_INLINE V floor(V a) { return xsimd::floor(a); }
#else
    static FURL_INLINE V floor(V a) { return xsimd::copysign(xsimd::floor(a), a); }
#endif
    static FURL_INLINE V exp(V a) { return xsimd::exp(a); }
    static FURL_INLINE V expm1(V a) { return xsimd::expm1(a); }
    static FURL_INLINE V log(V a) { return xsimd::log(a); }
    static FURL_INLINE V log1p(V a) { return xsimd::log1p(a); }
    static FURL_INLINE V tanh(V a) { return xsimd::tanh(a); }
    static FURL_INLINE V sin(V a) { return xsimd::sin(a); }
    static FURL_INLINE V cos(V a) { return xsimd::cos(a); }
    static FURL_INLINE V copysign(V a, V b) { return xsimd::copysign(a, b); }
    static FURL_INLINE V pow(V a, V b) {
        return detail::per_lane<T>([](T x, T y) { return std::pow(x, y); }, a, b);
    }
    static FURL_INLINE V atan2(V a, V b) {
        return detail::per_lane<T>([](T x, T y) { return std::atan2(x, y); }, a, b);
    }

    static FURL_INLINE V random(const detail::random_key& key, std::size_t first) {
        alignas(64) T lanes[width];
        for (std::size_t i = 0; i < width; ++i)
            lanes[i] = detail::uniform_at(key, static_cast<std::uint32_t>(first + i));
        return V::load_aligned(lanes);
    }

    static FURL_INLINE mask less(V a, V b) { return a < b; }
    static FURL_INLINE mask less_equal(V a, V b) { return a <= b; }
    static FURL_INLINE mask equal(V a, V b) { return a == b; }
    // Not a != b, which xsimd 8.1 takes as ordered for AVX: false where there is a NaN.
    static FURL_INLINE mask not_equal(V a, V b) { return !(a == b); }
    static FURL_INLINE mask both(mask a, mask b) { return a & b; }
    static FURL_INLINE mask either(mask a, mask b) { return a | b; }
    static FURL_INLINE mask neither(mask a) { return !a; }
    static FURL_INLINE V select(mask c, V a, V b) { return xsimd::select(c, a, b); }
};

#endif

}  // namespace furl
