// The intrinsics of one instruction set under one name, for the loops by hand: AVX-512, AVX2 with FMA, or SSE2.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace bench {

#if defined(__AVX512F__)

using vec = __m512;
inline constexpr std::size_t width = 16;
inline vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, vec x) { _mm512_storeu_ps(p, x); }
inline vec all(double x) { return _mm512_set1_ps(static_cast<float>(x)); }
inline vec add(vec a, vec b) { return _mm512_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm512_div_ps(a, b); }
inline vec root(vec a) { return _mm512_sqrt_ps(a); }
inline vec fmadd(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
inline vec fmsub(vec a, vec b, vec c) { return _mm512_fmsub_ps(a, b, c); }

// The first `count` lanes.
using lanes = __mmask16;
inline lanes first(std::size_t count) { return static_cast<lanes>((1u << count) - 1); }
inline vec load(const float* p, lanes k) { return _mm512_maskz_loadu_ps(k, p); }
inline void store(float* p, vec x, lanes k) { _mm512_mask_storeu_ps(p, k, x); }

#elif defined(__AVX2__) && defined(__FMA__)

using vec = __m256;
inline constexpr std::size_t width = 8;
inline vec load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, vec x) { _mm256_storeu_ps(p, x); }
inline vec all(double x) { return _mm256_set1_ps(static_cast<float>(x)); }
inline vec add(vec a, vec b) { return _mm256_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm256_div_ps(a, b); }
inline vec root(vec a) { return _mm256_sqrt_ps(a); }
inline vec fmadd(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
inline vec fmsub(vec a, vec b, vec c) { return _mm256_fmsub_ps(a, b, c); }

using lanes = __m256i;
inline lanes first(std::size_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline vec load(const float* p, lanes k) { return _mm256_maskload_ps(p, k); }
inline void store(float* p, vec x, lanes k) { _mm256_maskstore_ps(p, k, x); }

#else

using vec = __m128;
inline constexpr std::size_t width = 4;
inline vec load(const float* p) { return _mm_loadu_ps(p); }
inline void store(float* p, vec x) { _mm_storeu_ps(p, x); }
inline vec all(double x) { return _mm_set1_ps(static_cast<float>(x)); }
inline vec add(vec a, vec b) { return _mm_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm_div_ps(a, b); }
inline vec root(vec a) { return _mm_sqrt_ps(a); }
inline vec fmadd(vec a, vec b, vec c) { return add(mul(a, b), c); }
inline vec fmsub(vec a, vec b, vec c) { return sub(mul(a, b), c); }

using lanes = std::size_t;
inline lanes first(std::size_t count) { return count; }
inline vec load(const float* p, lanes k) {
    alignas(16) float x[width]{};
    for (std::size_t i = 0; i < k; ++i) x[i] = p[i];
    return load(x);
}
inline void store(float* p, vec v, lanes k) {
    alignas(16) float x[width];
    store(x, v);
    for (std::size_t i = 0; i < k; ++i) p[i] = x[i];
}

#endif

}  // namespace bench
