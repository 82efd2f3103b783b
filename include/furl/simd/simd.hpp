#pragma once

#include <furl/base/finite.hpp>
#include <furl/simd/elementary.hpp>
#include <furl/simd/integer_lanes.hpp>
#include <furl/simd/root.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

// This is the only header that includes xsimd, from 8.1 to 14, and hides how these versions differ. With FURL_NO_SIMD, or a
// target without a vector unit that xsimd knows, vectors have one element.
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

namespace FURL_NAMESPACE {

#if defined(FURL_NO_SIMD)

template <std::floating_point T>
using vector_of = T;

#else

/// The widest vector of the target.
template <std::floating_point T>
using vector_of = xsimd::batch<T>;

namespace detail {

// Calls a function once for each lane, where there is no vector version of it.
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
struct arithmetic<xsimd::batch<T>> : detail::integer_lanes<xsimd::batch<T>::size> {
    using element = T;
    using V = xsimd::batch<T>;
    using mask = typename V::batch_bool_type;
    static constexpr std::size_t width = V::size;

    template <class E>
    using lanes = typename detail::compiler_vector<E, width>::type;
    using bits = typename detail::integer_lanes<width>::bits;

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
    // xsimd's division and root on AArch64 are Newton steps on an estimate, and wrong at infinities and zeros.
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
    static FURL_INLINE V sqrt(V a) {
#if defined(__AVX512F__) && FURL_ROOT_BY_FMA
        if constexpr (sizeof(V) == 64) return V(detail::root_by_fma(typename V::register_type(a)));
        else
#endif
            return xsimd::sqrt(a);
    }
#endif
    // This is not -a, which xsimd 8.1 computes as 0 - a for AVX-512: a zero would lose its sign.
    static FURL_INLINE V negate(V a) { return a ^ V(T(-0.0)); }
    // These use the instructions where there are some: xsimd 8.1 has none of these functions for AVX-512, 14.2 none for
    // AVX-VNNI, and no version has fnma for AArch64.
#if defined(__AVX512F__)
#define FURL_FUSED_512(NAME, A, B, C)                                                       \
    if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return V(_mm512_##NAME##_ps(A, B, C)); \
    else if constexpr (sizeof(V) == 64) return V(_mm512_##NAME##_pd(A, B, C));              \
    else
#else
#define FURL_FUSED_512(NAME, A, B, C)
#endif
#if defined(__AVX512F__) || defined(__FMA__)
#define FURL_FUSED(NAME, A, B, C)                                                           \
    FURL_FUSED_512(NAME, A, B, C)                                                           \
    if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return V(_mm256_##NAME##_ps(A, B, C)); \
    else if constexpr (sizeof(V) == 32) return V(_mm256_##NAME##_pd(A, B, C));              \
    else if constexpr (sizeof(T) == 4) return V(_mm_##NAME##_ps(A, B, C));                  \
    else return V(_mm_##NAME##_pd(A, B, C))
#endif
#if defined(FURL_FUSED)
    static FURL_INLINE V fma(V a, V b, V c) { FURL_FUSED(fmadd, a, b, c); }
    static FURL_INLINE V fms(V a, V b, V c) { FURL_FUSED(fmsub, a, b, c); }
    static FURL_INLINE V fnma(V a, V b, V c) { FURL_FUSED(fnmadd, a, b, c); }
#undef FURL_FUSED
#else
    static FURL_INLINE V fma(V a, V b, V c) { return xsimd::fma(a, b, c); }
    static FURL_INLINE V fms(V a, V b, V c) { return xsimd::fms(a, b, c); }
#if defined(__aarch64__)
    static FURL_INLINE V fnma(V a, V b, V c) { return xsimd::fma(negate(a), b, c); }
#else
    static FURL_INLINE V fnma(V a, V b, V c) { return xsimd::fnma(a, b, c); }
#endif
#endif
#undef FURL_FUSED_512

    // Whether these functions round once, and a compiler keeps sums as they are written: then the rounding error of a product or
    // a sum can be computed.
#if (defined(__FMA__) || defined(__AVX512F__) || defined(__aarch64__)) && !FURL_FAST_MATH
    static constexpr bool is_exact = true;
#else
    static constexpr bool is_exact = false;
#endif

    // With xsimd 8.1 and g++, integers of AVX-512 cannot be selected without optimization.
#if defined(__AVX512BW__) && !defined(__OPTIMIZE__) && XSIMD_VERSION_MAJOR < 9
    static constexpr bool no_integer_select = true;
#else
    static constexpr bool no_integer_select = false;
#endif

    static FURL_INLINE V cbrt(V a) {
        if constexpr (is_exact && sizeof(T) == 4) return detail::cbrt_of<arithmetic>(a);
        else if constexpr (no_integer_select) return detail::per_lane<T>([](T x) { return std::cbrt(x); }, a);
        else return xsimd::cbrt(a);
    }
    static FURL_INLINE V abs(V a) { return xsimd::abs(a); }
    // Without an instruction for floor xsimd converts to integers, which have no -0.
#if defined(__SSE4_1__)
    static FURL_INLINE V floor(V a) { return xsimd::floor(a); }
#else
    static FURL_INLINE V floor(V a) { return xsimd::copysign(xsimd::floor(a), a); }
#endif
    static FURL_INLINE V exp(V a) {
        if constexpr (no_integer_select) return detail::per_lane<T>([](T x) { return std::exp(x); }, a);
        else return xsimd::exp(a);
    }
    static FURL_INLINE V expm1(V a) { return xsimd::expm1(a); }
    static FURL_INLINE V log(V a) {
        if constexpr (no_integer_select) return detail::per_lane<T>([](T x) { return std::log(x); }, a);
        else return xsimd::log(a);
    }
    static FURL_INLINE V log1p(V a) {
        if constexpr (no_integer_select) return detail::per_lane<T>([](T x) { return std::log1p(x); }, a);
        else return xsimd::log1p(a);
    }
    static FURL_INLINE V tanh(V a) { return xsimd::tanh(a); }
    static FURL_INLINE V sin(V a) { return xsimd::sin(a); }
    static FURL_INLINE V cos(V a) { return xsimd::cos(a); }
    static FURL_INLINE V copysign(V a, V b) { return xsimd::copysign(a, b); }
    static FURL_INLINE V pow(V a, V b) {
        if constexpr (is_exact && sizeof(T) == 4) return detail::pow_of<arithmetic>(a, b);
        else return detail::per_lane<T>([](T x, T y) { return std::pow(x, y); }, a, b);
    }
    // xsimd takes the quotient, which is NaN for two zeros or two infinities. So these become numbers of the same signs, whose
    // quotient is not NaN.
    static FURL_INLINE V atan2(V a, V b) {
        const V zero = broadcast(0), one = broadcast(1), infinity = broadcast(detail::infinity<T>);
#if defined(__aarch64__) && defined(__ARM_NEON)
        // There the quotient is a product with an estimate of 1 / b, which is infinite if b is denormal. So two small numbers are scaled,
        // and beside a large one a denormal may as well be the smallest normal number.
        constexpr bool is_float = sizeof(T) == 4;
        const V small = broadcast(is_float ? T(0x1p-60) : T(0x1p-800)), scale = broadcast(is_float ? T(0x1p64) : T(0x1p200));
        const V least = broadcast(std::numeric_limits<T>::min());
        const mask are_small = both(less(abs(a), small), less(abs(b), small));
        a = select(are_small, multiply(a, scale), a);
        b = select(are_small, multiply(b, scale), b);
        b = select(both(less(abs(b), least), not_equal(a, zero)), copysign(least, b), b);
#endif
        const V size = abs(a);
        const mask no_quotient = both(equal(size, abs(b)), either(equal(size, zero), equal(size, infinity)));
        return xsimd::atan2(select(both(no_quotient, equal(size, infinity)), copysign(one, a), a),
                            select(no_quotient, copysign(one, b), b));
    }

    // Returns the last `valid` values of x in their order, at least one, followed by 0.
    static FURL_INLINE V last_of(V x, std::size_t valid) {
        const auto from = static_cast<int>(width - valid);
#if defined(__AVX512F__)
        const auto chosen = (1u << valid) - 1;
        if constexpr (sizeof(V) == 64 && sizeof(T) == 4) {
            const auto order = _mm512_add_epi32(reinterpret_cast<__m512i>(arithmetic::indices(0)), _mm512_set1_epi32(from));
            return V(_mm512_maskz_permutexvar_ps(static_cast<__mmask16>(chosen), order, x));
        } else if constexpr (sizeof(V) == 64) {
            const auto order = _mm512_add_epi64(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), _mm512_set1_epi64(from));
            return V(_mm512_maskz_permutexvar_pd(static_cast<__mmask8>(chosen), order, x));
        }
#endif
#if defined(__AVX2__)
        if constexpr (sizeof(V) == 32 && sizeof(T) == 4) {
            const auto order = _mm256_add_epi32(reinterpret_cast<__m256i>(arithmetic::indices(0)), _mm256_set1_epi32(from));
            const auto behind = _mm256_cmpgt_epi32(order, _mm256_set1_epi32(static_cast<int>(width) - 1));
            return V(_mm256_andnot_ps(_mm256_castsi256_ps(behind), _mm256_permutevar8x32_ps(x, order)));
        }
#endif
        alignas(64) T values[2 * width]{};
        store(values, x);
        return load(values + from);
    }

    static FURL_INLINE V random(const detail::random_key& key, std::size_t first) {
        return from_integers(detail::mixed(key, arithmetic::indices(first)) >> 9) * V(T(0x1p-23)) + V(T(0x1p-24));
    }

    // Formats and random numbers compute with vectors of 32 bits for each element.
    static FURL_INLINE bits to_bits(V x) requires(sizeof(T) == 4) {
        return reinterpret_cast<bits>(static_cast<typename V::register_type>(x));
    }
    static FURL_INLINE V from_bits(bits x) requires(sizeof(T) == 4) { return from_lanes(reinterpret_cast<lanes<T>>(x)); }
    static FURL_INLINE V from_integers(bits x) {
        return from_lanes(__builtin_convertvector(reinterpret_cast<lanes<std::int32_t>>(x), lanes<T>));
    }
    // Returns all ones where x is NaN.
    static FURL_INLINE bits nan_bits(V x) requires(sizeof(T) == 4) {
#if FURL_FINITE_MATH
        return reinterpret_cast<bits>(order::is_nan(to_order(x)));
#else
        const auto y = reinterpret_cast<lanes<T>>(static_cast<typename V::register_type>(x));
        return reinterpret_cast<bits>(y != y);
#endif
    }
    // Returns the bits of x plus `more`, or the bits of x alone where x is NaN.
    static FURL_INLINE bits add_to_number(V x, bits more) requires(sizeof(T) == 4) {
#if defined(__AVX512F__) && !FURL_FINITE_MATH
        if constexpr (width == 16) {
            const auto b = reinterpret_cast<__m512i>(to_bits(x));
            return reinterpret_cast<bits>(
                _mm512_mask_add_epi32(b, _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), b, reinterpret_cast<__m512i>(more)));
        }
#endif
        return to_bits(x) + (more & ~nan_bits(x));
    }
    // These load and store elements of another type.
    template <class E>
    static FURL_INLINE V load_as(const std::byte* p) {
        if constexpr (sizeof(E) == sizeof(T)) {
            return load(reinterpret_cast<const T*>(p));
        } else {
            lanes<E> x;
            std::memcpy(&x, p, sizeof x);
            return from_lanes(__builtin_convertvector(x, lanes<T>));
        }
    }
    template <class E>
    static FURL_INLINE void store_as(std::byte* p, V x) {
        if constexpr (sizeof(E) == sizeof(T)) {
            store(reinterpret_cast<T*>(p), x);
        } else {
            const auto y = reinterpret_cast<lanes<T>>(static_cast<typename V::register_type>(x));
            const auto z = __builtin_convertvector(y, lanes<E>);
            std::memcpy(p, &z, sizeof z);
        }
    }

    // These load and store IEEE numbers of 16 bits, where the machine converts them.
#if defined(__AVX512F__)
    static constexpr bool has_half = sizeof(T) == 4 && width == 16;
    static FURL_INLINE V load_half(const std::byte* p) {
        return V(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
    }
    static FURL_INLINE void store_half(std::byte* p, V x) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
    }
#elif defined(__F16C__)
    static constexpr bool has_half = sizeof(T) == 4 && width == 8;
    static FURL_INLINE V load_half(const std::byte* p) {
        return V(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
    }
    static FURL_INLINE void store_half(std::byte* p, V x) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
    }
#else
    static constexpr bool has_half = false;
#endif

    // Stores numbers of 16 bits with the exponent of float. The instruction makes denormals 0 in any environment, so if there is
    // a denormal this returns false and stores nothing.
#if defined(__AVX512BF16__) && defined(__AVX512BW__)
    static constexpr bool has_bfloat16 = sizeof(T) == 4 && width == 16;
    static FURL_INLINE bool store_bfloat16(std::byte* p, V first, V second) {
        const auto both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
        if (const auto zeros = _mm512_testn_epi16_mask(both, _mm512_set1_epi16(0x7fff)); zeros != 0) [[unlikely]] {
            const auto were_zeros = [](V x) FURL_INLINE_LAMBDA {
                return std::uint32_t{_mm512_testn_epi32_mask(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff))};
            };
            if (zeros != (were_zeros(second) << 16 | were_zeros(first))) return false;
        }
        _mm512_storeu_si512(p, both);
        return true;
    }
#else
    static constexpr bool has_bfloat16 = false;
#endif

#if FURL_FINITE_MATH
    static FURL_INLINE mask less(V a, V b) { return truth(order::less(to_order(a), to_order(b))); }
    static FURL_INLINE mask less_equal(V a, V b) { return truth(order::less_equal(to_order(a), to_order(b))); }
    static FURL_INLINE mask equal(V a, V b) { return truth(order::equal(to_order(a), to_order(b))); }
    static FURL_INLINE mask not_equal(V a, V b) { return truth(order::not_equal(to_order(a), to_order(b))); }
#else
    static FURL_INLINE mask less(V a, V b) { return a < b; }
    static FURL_INLINE mask less_equal(V a, V b) { return a <= b; }
    static FURL_INLINE mask equal(V a, V b) { return a == b; }
    // This is not a != b, which xsimd 8.1 takes as ordered for AVX: false where there is a NaN. Nor is it !(a == b) where the
    // machine has an instruction for the comparison.
    static FURL_INLINE mask not_equal(V a, V b) {
#if defined(__AVX512F__)
        if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return mask(_mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ));
        else if constexpr (sizeof(V) == 64) return mask(_mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ));
        else
#endif
#if defined(__AVX__)
        if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return mask(_mm256_cmp_ps(a, b, _CMP_NEQ_UQ));
        else if constexpr (sizeof(V) == 32) return mask(_mm256_cmp_pd(a, b, _CMP_NEQ_UQ));
        else
#endif
            return !(a == b);
    }
#endif
    static FURL_INLINE mask both(mask a, mask b) { return a & b; }
    static FURL_INLINE mask either(mask a, mask b) { return a | b; }
    static FURL_INLINE mask neither(mask a) { return !a; }
    static FURL_INLINE V select(mask c, V a, V b) { return xsimd::select(c, a, b); }

  private:
    static FURL_INLINE V from_lanes(lanes<T> x) { return V(reinterpret_cast<typename V::register_type>(x)); }

#if FURL_FINITE_MATH
    using integers = lanes<std::make_signed_t<detail::bits_of<T>>>;
    using order = detail::bit_order<T, integers>;
    // The product with 1 makes a denormal 0 where denormals are flushed; keep hides it from the compiler.
    static FURL_INLINE integers to_order(V x) {
        return reinterpret_cast<integers>(static_cast<typename V::register_type>(keep(x * keep(broadcast(1)))));
    }
    // Makes a mask of all ones, by a comparison of finite numbers.
    static FURL_INLINE mask truth(integers all_ones) {
        return broadcast(0) < from_lanes(reinterpret_cast<lanes<T>>(all_ones & std::bit_cast<typename order::integer>(T{1})));
    }
#endif
};

#endif

}  // namespace furl
