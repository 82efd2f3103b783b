// What the machine allows at most: memory and divider, each alone.
#include "loops.hpp"

#include <immintrin.h>

namespace bench {
namespace {

// Read at run time, so that no compiler folds the arithmetic away.
float volatile one = 1;
float volatile zero = 0;

}  // namespace

// Two cache lines of each stream at a time: of the orders tried, no other is faster at any size.
void read_modify_write(const streams& s) {
    const auto keep = _mm256_set1_ps(one);
    const auto none = _mm256_set1_ps(zero);
    auto* const w = s.param;
    const auto* g = s.grad;
    auto* const m = s.m;
    auto* const v = s.v;
    const auto n = s.n;
    std::size_t i = 0;
    const auto rewrite = [=](float* x) { _mm256_storeu_ps(x, _mm256_mul_ps(_mm256_loadu_ps(x), keep)); };
    const auto combine = [=](float* x, const float* y) {
        _mm256_storeu_ps(x, _mm256_fmadd_ps(_mm256_loadu_ps(y), none, _mm256_loadu_ps(x)));
    };
    for (; i + 32 <= n; i += 32) {
#pragma GCC unroll 4
        for (auto j = i; j < i + 32; j += 8) rewrite(m + j);
#pragma GCC unroll 4
        for (auto j = i; j < i + 32; j += 8) rewrite(v + j);
#pragma GCC unroll 4
        for (auto j = i; j < i + 32; j += 8) combine(w + j, g + j);
    }
    for (; i < n; ++i) {
        w[i] = w[i] * one + g[i] * zero;
        m[i] *= one;
        v[i] *= one;
    }
}

// Eight independent chains: throughput, not latency.
float square_roots_and_divisions(std::size_t n) {
    const auto numerator = _mm256_set1_ps(one + 1);
    __m256 x[8];
    for (auto& lane : x) lane = _mm256_set1_ps(one);
    for (std::size_t i = 0; i < n; i += 64)
#pragma GCC unroll 8
        for (auto& lane : x) lane = _mm256_div_ps(numerator, _mm256_sqrt_ps(lane));
    auto sum = x[0];
    for (const auto& lane : x) sum = _mm256_add_ps(sum, lane);
    return _mm256_cvtss_f32(sum);
}

}  // namespace bench
