#pragma once

#include <furl/base/macros.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace FURL_NAMESPACE::detail {

// Integers and numbers of other sizes are in vectors of the compiler's own: xsimd 8.1 has no conversions between sizes, and
// those of later versions go through the stack at g++ -O2.
template <class E, std::size_t N>
struct compiler_vector {
    typedef E type __attribute__((vector_size(sizeof(E) * N)));
};

/// N integers of 32 bits, which lie in memory as integers of 8 or 16. Loads and stores use the one instruction for that where
/// there is one, because compilers do not find it.
template <std::size_t N>
struct integer_lanes {
    template <class E>
    using lanes = typename compiler_vector<E, N>::type;
    using bits = lanes<std::uint32_t>;

    // Returns first, first + 1, ...
    static FURL_INLINE bits indices(std::size_t first) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) FURL_INLINE_LAMBDA {
            return bits{static_cast<std::uint32_t>(I)...} + static_cast<std::uint32_t>(first);
        }(std::make_index_sequence<N>{});
    }

    template <std::unsigned_integral E>
    static FURL_INLINE bits load_bits(const std::byte* p) {
#if defined(__AVX512F__)
        if constexpr (sizeof(bits) == 64 && sizeof(E) == 2)
            return reinterpret_cast<bits>(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
        if constexpr (sizeof(bits) == 64 && sizeof(E) == 1)
            return reinterpret_cast<bits>(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#endif
#if defined(__AVX2__)
        if constexpr (sizeof(bits) == 32 && sizeof(E) == 2)
            return reinterpret_cast<bits>(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
        if constexpr (sizeof(bits) == 32 && sizeof(E) == 1)
            return reinterpret_cast<bits>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#endif
        lanes<E> x;
        std::memcpy(&x, p, sizeof x);
        return __builtin_convertvector(x, bits);
    }
    template <std::unsigned_integral E>
    static FURL_INLINE void store_bits(std::byte* p, bits x) {
        const auto y = __builtin_convertvector(x, lanes<E>);
        std::memcpy(p, &y, sizeof y);
    }
    // Stores the lower bytes of four vectors, one vector after the other; their numbers are below 2^16.
    static FURL_INLINE void store_bytes(std::byte* p, bits a, bits b, bits c, bits d) {
#if defined(__AVX512BW__)
        if constexpr (sizeof(bits) == 64) {
            const auto pack = [](bits x, bits y) FURL_INLINE_LAMBDA {
                return _mm512_and_si512(_mm512_packus_epi32(reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(y)),
                                        _mm512_set1_epi16(0xff));
            };
            const auto order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            _mm512_storeu_si512(p, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(pack(a, b), pack(c, d))));
            return;
        }
#endif
#if defined(__AVX2__)
        if constexpr (sizeof(bits) == 32) {
            const auto pack = [](bits x, bits y) FURL_INLINE_LAMBDA {
                return _mm256_and_si256(_mm256_packus_epi32(reinterpret_cast<__m256i>(x), reinterpret_cast<__m256i>(y)),
                                        _mm256_set1_epi16(0xff));
            };
            const auto order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                                _mm256_permutevar8x32_epi32(_mm256_packus_epi16(pack(a, b), pack(c, d)), order));
            return;
        }
#endif
        const bits all[]{a, b, c, d};
        for (std::size_t k = 0; k < 4; ++k) store_bits<std::uint8_t>(p + k * N, all[k]);
    }
    // larger compares signed numbers; largest takes numbers below 2^31.
    static FURL_INLINE bits larger(bits a, bits b) {
#if defined(__AVX512F__)
        if constexpr (sizeof(bits) == 64)
            return reinterpret_cast<bits>(_mm512_max_epi32(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#endif
#if defined(__AVX2__)
        if constexpr (sizeof(bits) == 32)
            return reinterpret_cast<bits>(_mm256_max_epi32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#endif
        return reinterpret_cast<lanes<std::int32_t>>(a) > reinterpret_cast<lanes<std::int32_t>>(b) ? a : b;
    }
    static FURL_INLINE std::uint32_t largest(bits a) {
#if defined(__AVX512F__)
        if constexpr (sizeof(bits) == 64) return _mm512_reduce_max_epu32(reinterpret_cast<__m512i>(a));
#endif
#if defined(__AVX2__)
        if constexpr (sizeof(bits) == 32) {
            const auto x = reinterpret_cast<__m256i>(a);
            auto most = _mm_max_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
            most = _mm_max_epi32(most, _mm_shuffle_epi32(most, 0x4e));
            return static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_max_epi32(most, _mm_shuffle_epi32(most, 0xb1))));
        }
#endif
        std::uint32_t most = 0;
        for (std::size_t i = 0; i < N; ++i) most = std::max<std::uint32_t>(most, a[i]);
        return most;
    }
    // These store 16 bits of each element, of one vector or of two, one after the other.
    static FURL_INLINE void store_lower_halves(std::byte* p, bits x) { store_bits<std::uint16_t>(p, x); }
    static FURL_INLINE void store_upper_halves(std::byte* p, bits x) { store_lower_halves(p, x >> 16); }
    static FURL_INLINE void store_lower_halves(std::byte* p, bits first, bits second) {
#if defined(__AVX512BW__)
        if constexpr (sizeof(bits) == 64) return store_halves<0>(p, first, second);
#endif
#if defined(__AVX2__)
        if constexpr (sizeof(bits) == 32) return store_packed(p, first & 0xffffu, second & 0xffffu);
#endif
        store_lower_halves(p, first);
        store_lower_halves(p + sizeof(lanes<std::uint16_t>), second);
    }
    static FURL_INLINE void store_upper_halves(std::byte* p, bits first, bits second) {
#if defined(__AVX512BW__)
        if constexpr (sizeof(bits) == 64) return store_halves<1>(p, first, second);
#endif
#if defined(__AVX2__)
        if constexpr (sizeof(bits) == 32) return store_packed(p, first >> 16, second >> 16);
#endif
        store_lower_halves(p, first >> 16, second >> 16);
    }

  private:
#if defined(__AVX512BW__)
    template <int Upper>
    static FURL_INLINE void store_halves(std::byte* p, bits first, bits second) {
        const auto chosen = [&]<short... I>(std::integer_sequence<short, I...>) FURL_INLINE_LAMBDA {
            return typename compiler_vector<short, 32>::type{(2 * I + Upper)...};
        }(std::make_integer_sequence<short, 32>{});
        _mm512_storeu_si512(p, _mm512_permutex2var_epi16(reinterpret_cast<__m512i>(first), reinterpret_cast<__m512i>(chosen),
                                                         reinterpret_cast<__m512i>(second)));
    }
#endif
#if defined(__AVX2__)
    // Stores numbers below 2^16.
    static FURL_INLINE void store_packed(std::byte* p, bits first, bits second) {
        const auto packed = _mm256_packus_epi32(reinterpret_cast<__m256i>(first), reinterpret_cast<__m256i>(second));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(packed, 0xd8));
    }
#endif
};

}  // namespace furl::detail
