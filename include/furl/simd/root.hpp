#pragma once

#include <furl/base/build.hpp>
#include <furl/base/macros.hpp>

#if defined(__AVX512F__)
#include <immintrin.h>

namespace FURL_NAMESPACE::detail {

/// Square roots of 16 floats or 8 doubles without the divider, with the bits of the exact instruction.
///
/// From an estimate of 14 bits r of 1 / sqrt(v), a Goldschmidt step makes x near sqrt(v) and h near 1 / (2 sqrt(v)); doubles take two.
/// Then the remainder v - x^2, which fma computes exactly, corrects x:
///
///     x = v r,  h = r / 2;  e = 1/2 - x h,  x += x e,  h += h e;  x += h (v - x^2)
///
/// The remainder is exact for floats in [2^-101, 2^101) and doubles in [2^-900, 2^900). If a vector has any number but these and 0, the
/// instruction takes all of it.
///
/// tests/simd/root.cpp compares all floats. For doubles, the last sum is off by less than 2^-46 units in the last place before it is
/// rounded, so the result can differ only if the root is that near to the middle of two neighbours. The test compares all doubles in
/// [1, 4) whose root is within 2^-40 units of such a middle.
///
/// Cost:    8 instructions of the fma units, 11 for doubles, and 4 that look at the range. They run beside the divisions of a rule.
/// Source:  P. Markstein, "Computation of elementary functions on the IBM RISC System/6000 processor", 1990.
FURL_INLINE __m512 root_by_fma(__m512 v) {
    const auto bits = _mm512_castps_si512(v);
    const auto lowest = _mm512_set1_epi32((127 - 101) << 23);
    const auto is_zero = _mm512_testn_epi32_mask(bits, bits);
    const auto is_near = _mm512_cmplt_epu32_mask(_mm512_sub_epi32(bits, lowest), _mm512_set1_epi32(202 << 23));
    if (_mm512_kortestc(is_zero, is_near) == 0) [[unlikely]] return _mm512_sqrt_ps(v);
    const auto half = _mm512_set1_ps(0.5f);
    const auto r = _mm512_maskz_rsqrt14_ps(is_near, v);  // 0 for 0
    auto x = _mm512_mul_ps(v, r), h = _mm512_mul_ps(r, half);
    const auto e = _mm512_fnmadd_ps(x, h, half);
    x = _mm512_fmadd_ps(x, e, x);
    h = _mm512_fmadd_ps(h, e, h);
    return _mm512_fmadd_ps(_mm512_fnmadd_ps(x, x, v), h, x);
}
FURL_INLINE __m512d root_by_fma(__m512d v) {
    const auto bits = _mm512_castpd_si512(v);
    const auto lowest = _mm512_set1_epi64((1023LL - 900) << 52);
    const auto is_zero = _mm512_testn_epi64_mask(bits, bits);
    const auto is_near = _mm512_cmplt_epu64_mask(_mm512_sub_epi64(bits, lowest), _mm512_set1_epi64(1800LL << 52));
    if ((is_zero | is_near) != 0xff) [[unlikely]] return _mm512_sqrt_pd(v);
    const auto half = _mm512_set1_pd(0.5);
    const auto r = _mm512_maskz_rsqrt14_pd(is_near, v);
    auto x = _mm512_mul_pd(v, r), h = _mm512_mul_pd(r, half);
    for (int step = 0; step < 2; ++step) {
        const auto e = _mm512_fnmadd_pd(x, h, half);
        x = _mm512_fmadd_pd(x, e, x);
        h = _mm512_fmadd_pd(h, e, h);
    }
    return _mm512_fmadd_pd(_mm512_fnmadd_pd(x, x, v), h, x);
}

}  // namespace furl::detail
#endif
