// What a careful engineer writes by hand for AVX2+FMA. bench/codegen.py compares furl's loop with this one.
// Four vectors per iteration: in cache one, two and four are equal (the divider decides), from memory four gain 1 to 3
// %.
#include "loops.hpp"

#include <immintrin.h>

#include <cmath>

namespace bench {
namespace {

struct constants {
    __m256 beta1, rest1;  // beta1, 1 - beta1
    __m256 beta2, rest2;
    __m256 scale, eps;  // root(v) * scale + eps = (root(v_hat) + eps) * bias_correction1 / lr
    __m256 keep;        // 1 - lr * weight_decay
};

// Per-step scalars in double, rounded once. lr / bias_correction1 goes into the denominator: one multiplication less.
constants per_step(const adamw_hyper& hyper, std::size_t step) {
    const auto t = static_cast<double>(step);
    const auto correction1 = 1 - std::pow(hyper.beta1, t);
    const auto correction2 = 1 - std::pow(hyper.beta2, t);
    const auto inverse_lr = correction1 / hyper.lr;
    const auto all = [](double x) { return _mm256_set1_ps(static_cast<float>(x)); };
    return {all(hyper.beta1),
            all(1 - hyper.beta1),
            all(hyper.beta2),
            all(1 - hyper.beta2),
            all(inverse_lr / std::sqrt(correction2)),
            all(hyper.eps * inverse_lr),
            all(1 - hyper.lr * hyper.weight_decay)};
}

struct values {
    __m256 param, m, v;
};

// Constants by value: a store through float* must not force them to be loaded again.
[[gnu::always_inline]] inline values update(values old, __m256 grad, constants k) {
    const auto m = _mm256_fmadd_ps(k.beta1, old.m, _mm256_mul_ps(k.rest1, grad));
    const auto v = _mm256_fmadd_ps(_mm256_mul_ps(k.rest2, grad), grad, _mm256_mul_ps(k.beta2, old.v));
    const auto denominator = _mm256_fmadd_ps(_mm256_sqrt_ps(v), k.scale, k.eps);
    const auto param = _mm256_fmsub_ps(k.keep, old.param, _mm256_div_ps(m, denominator));
    return {param, m, v};
}

// From load to store before the next vector starts: nothing is spilled, and the processor overlaps them by itself.
[[gnu::always_inline]] inline void update_in_place(float* param, const float* grad, float* m, float* v, constants k) {
    const auto old = values{_mm256_loadu_ps(param), _mm256_loadu_ps(m), _mm256_loadu_ps(v)};
    const auto x = update(old, _mm256_loadu_ps(grad), k);
    _mm256_storeu_ps(m, x.m);
    _mm256_storeu_ps(v, x.v);
    _mm256_storeu_ps(param, x.param);
}

// The first `count` lanes.
__m256i mask(std::size_t count) {
    const auto lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lanes);
}

}  // namespace

void hand_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step) {
    const auto k = per_step(hyper, step);
    auto* const w = s.param;
    const auto* g = s.grad;
    auto* const m = s.m;
    auto* const v = s.v;
    const auto n = s.n;
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32)
#pragma GCC unroll 4
        for (std::size_t j = i; j < i + 32; j += 8) update_in_place(w + j, g + j, m + j, v + j, k);
    for (; i < n; i += 8) {
        const auto lanes = mask(n - i < 8 ? n - i : 8);
        const auto old = values{_mm256_maskload_ps(w + i, lanes), _mm256_maskload_ps(m + i, lanes),
                                _mm256_maskload_ps(v + i, lanes)};
        const auto x = update(old, _mm256_maskload_ps(g + i, lanes), k);
        _mm256_maskstore_ps(m + i, lanes, x.m);
        _mm256_maskstore_ps(v + i, lanes, x.v);
        _mm256_maskstore_ps(w + i, lanes, x.param);
    }
}

}  // namespace bench
