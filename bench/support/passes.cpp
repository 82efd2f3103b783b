#include "passes.hpp"

#include "intrinsics.hpp"

#include <bit>

namespace bench {

double sum_of_squares(const float* x, std::size_t n) {
    double total = 0;
    std::size_t i = 0;
    while (i + 4 * width <= n) {  // in blocks, so that float sums stay short
        const auto end = n - i < 4096 ? n : i + 4096;
        vec sums[4] = {all(0), all(0), all(0), all(0)};
        for (; i + 4 * width <= end; i += 4 * width)
#pragma GCC unroll 4
            for (std::size_t k = 0; k < 4; ++k) {
                const auto y = load(x + i + k * width);
                sums[k] = fmadd(y, y, sums[k]);
            }
        float four_sums[width];
        store(four_sums, add(add(sums[0], sums[1]), add(sums[2], sums[3])));
        for (auto sum : four_sums) total += static_cast<double>(sum);
    }
    for (; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    return total;
}

void scale(float* x, float factor, std::size_t n) {
    const auto f = all(static_cast<double>(factor));
    std::size_t i = 0;
    for (; i + width <= n; i += width) store(x + i, mul(load(x + i), f));
    for (; i < n; ++i) x[i] *= factor;
}

void average(float* average, const float* x, float weight, std::size_t n) {
    const auto w = all(static_cast<double>(weight));
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
        const auto old = load(average + i);
        store(average + i, fmadd(w, sub(load(x + i), old), old));
    }
    for (; i < n; ++i) average[i] += weight * (x[i] - average[i]);
}

// g++ makes vectors of these two at -O3, which it does not at -O2.
[[gnu::optimize("O3")]] void widen(float* __restrict to, const std::uint16_t* __restrict from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(from[i]) << 16);
}

[[gnu::optimize("O3")]] void narrow(std::uint16_t* __restrict to, const float* __restrict from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto x = std::bit_cast<std::uint32_t>(from[i]);
        to[i] = static_cast<std::uint16_t>((x + 0x7fff + (x >> 16 & 1)) >> 16);
    }
}

}  // namespace bench
