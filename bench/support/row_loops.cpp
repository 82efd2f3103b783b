#include "row_loops.hpp"

#include "intrinsics.hpp"

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

constexpr std::size_t unrolled = 4;

double total(const vec (&x)[unrolled]) {
    float lanes_of[width];
    store(lanes_of, add(add(x[0], x[1]), add(x[2], x[3])));
    double sum = 0;
    for (auto y : lanes_of) sum += static_cast<double>(y);
    return sum;
}

// Reduces a row of the gradient while it writes another one. term(sum, g) adds a vector to a sum, write(i, k) writes the vector
// that begins at i, k of its lanes if k < width.
template <class Term, class Write>
double write_and_reduce(const float* next, std::size_t columns, Term term, Write write) {
    vec sums[unrolled] = {all(0), all(0), all(0), all(0)};
    std::size_t i = 0;
    for (; i + unrolled * width <= columns; i += unrolled * width)
#pragma GCC unroll 4
        for (std::size_t k = 0; k < unrolled; ++k) {
            if (next) sums[k] = term(sums[k], load(next + i + k * width));
            write(i + k * width, width);
        }
    for (; i < columns; i += width) {
        const auto k = std::min(width, columns - i);
        if (next) sums[0] = term(sums[0], k == width ? load(next + i) : load(next + i, first(k)));
        write(i, k);
    }
    return total(sums);
}

// All rows: value(row, sum) makes what write needs from the sum of a row.
template <class Term, class Value, class Write>
void row_by_row(const row_streams& x, Term term, Value value, Write write) {
    if (x.rows == 0) return;
    const auto nothing = [](std::size_t, std::size_t) {};
    auto sum = write_and_reduce(x.grad, x.columns, term, nothing);
    for (std::size_t row = 0; row < x.rows; ++row) {
        const auto of_row = value(row, sum);
        const auto at = row * x.columns;
        const auto* const next = row + 1 < x.rows ? x.grad + at + x.columns : nullptr;
        sum = write_and_reduce(next, x.columns, term, [&](std::size_t i, std::size_t k) { write(of_row, at + i, k); });
    }
}

vec load_some(const float* p, std::size_t k) { return k == width ? load(p) : load(p, first(k)); }
void store_some(float* p, vec x, std::size_t k) {
    if (k == width) store(p, x);
    else store(p, x, first(k));
}

const auto square_sum = [](vec sum, vec g) { return fmadd(g, g, sum); };

void adagrad_in_batches(const row_streams& x, const row_hyper& hyper) {
    constexpr std::size_t most = 8192;
    alignas(64) float sums[most], expanded[most + width];
    const auto batch = std::max<std::size_t>(1, most / x.columns);
    const auto lr = all(hyper.lr), eps = all(hyper.eps), per = all(1.0 / static_cast<double>(x.columns)), keep = all(1 - hyper.lr * hyper.weight_decay);
    for (std::size_t row = 0; row < x.rows; row += batch) {
        const auto n = std::min(batch, x.rows - row), size = n * x.columns;
        const float* const g = x.grad + row * x.columns;
        float* const p = x.param + row * x.columns;
        for (std::size_t r = 0; r < n; ++r) {
            const float* const from = g + r * x.columns;
            if (x.columns < width) {
                float sum = 0;
                for (std::size_t j = 0; j < x.columns; ++j) sum += from[j] * from[j];
                sums[r] = sum;
            } else {
                sums[r] = static_cast<float>(write_and_reduce(from, x.columns, square_sum, [](std::size_t, std::size_t) {}));
            }
        }
        for (std::size_t r = 0; r < n; r += width) {
            const auto k = std::min(width, n - r);
            const auto s = fmadd(load_some(sums + r, k), per, load_some(x.s + row + r, k));
            store_some(x.s + row + r, s, k);
            store_some(sums + r, div(lr, add(root(s), eps)), k);
        }
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t j = 0; j < x.columns; j += width) store(expanded + r * x.columns + j, all(static_cast<double>(sums[r])));
        for (std::size_t i = 0; i < size; i += width) {
            const auto k = std::min(width, size - i);
            store_some(p + i, sub(mul(load_some(p + i, k), keep), mul(load(expanded + i), load_some(g + i, k))), k);
        }
    }
}

}  // namespace

void hand_rowwise_adagrad(const row_streams& x, const row_hyper& hyper, std::size_t) {
    if (x.columns <= 256 && x.rows * x.columns <= 1'000'000) return adagrad_in_batches(x, hyper);
    const auto keep = all(1 - hyper.lr * hyper.weight_decay);
    row_by_row(
        x, square_sum,
        [&](std::size_t row, double sum) {
            const double s = static_cast<double>(x.s[row]) + sum / static_cast<double>(x.columns);
            x.s[row] = static_cast<float>(s);
            return all(hyper.lr / (std::sqrt(s) + hyper.eps));
        },
        [&](vec factor, std::size_t i, std::size_t k) {
            store_some(x.param + i, sub(mul(load_some(x.param + i, k), keep), mul(factor, load_some(x.grad + i, k))), k);
        });
}

void hand_adam_mini(const row_streams& x, const row_hyper& hyper, std::size_t step) {
    const auto t = static_cast<double>(step);
    const double of_m = 1 - std::pow(hyper.beta1, t), of_v = 1 - std::pow(hyper.beta2, t);
    const auto keep = all(1 - hyper.lr * hyper.weight_decay), beta = all(hyper.beta1), rest = all(1 - hyper.beta1);
    row_by_row(
        x, square_sum,
        [&](std::size_t row, double sum) {
            const double v = hyper.beta2 * static_cast<double>(x.s[row]) + (1 - hyper.beta2) * sum / static_cast<double>(x.columns);
            x.s[row] = static_cast<float>(v);
            return all(hyper.lr / of_m / (std::sqrt(v / of_v) + hyper.eps));
        },
        [&](vec factor, std::size_t i, std::size_t k) {
            const auto m = fmadd(beta, load_some(x.m + i, k), mul(rest, load_some(x.grad + i, k)));
            store_some(x.m + i, m, k);
            store_some(x.param + i, sub(mul(load_some(x.param + i, k), keep), mul(factor, m)), k);
        });
}

void hand_centered_adamw(const row_streams& x, const row_hyper& hyper, std::size_t step) {
    const auto t = static_cast<double>(step);
    const double of_m = 1 - std::pow(hyper.beta1, t), of_v = std::sqrt(1 - std::pow(hyper.beta2, t));
    const auto keep = all(1 - hyper.lr * hyper.weight_decay), beta1 = all(hyper.beta1), rest1 = all(1 - hyper.beta1), beta2 = all(hyper.beta2),
               rest2 = all(1 - hyper.beta2), lr = all(hyper.lr * of_v / of_m), eps = all(hyper.eps * of_v);
    row_by_row(
        x, [](vec sum, vec g) { return add(sum, g); },
        [&](std::size_t, double sum) { return all(sum / static_cast<double>(x.columns)); },
        [&](vec mean, std::size_t i, std::size_t k) {
            const auto g = sub(load_some(x.grad + i, k), mean);
            const auto m = fmadd(beta1, load_some(x.m + i, k), mul(rest1, g));
            const auto v = fmadd(beta2, load_some(x.v + i, k), mul(rest2, mul(g, g)));
            store_some(x.m + i, m, k);
            store_some(x.v + i, v, k);
            store_some(x.param + i, sub(mul(load_some(x.param + i, k), keep), div(mul(lr, m), add(root(v), eps))), k);
        });
}

void hand_named_rows(const row_streams& x, const std::vector<int>& named, const row_hyper& hyper) {
    constexpr std::size_t ahead = 8;
    const auto keep = all(1 - hyper.lr * hyper.weight_decay);
    for (std::size_t n = 0; n < named.size(); ++n) {
        if (n + ahead < named.size())
            for (std::size_t j = 0; j < x.columns; j += 16)
                __builtin_prefetch(x.param + static_cast<std::size_t>(named[n + ahead]) * x.columns + j, 1);
        const auto row = static_cast<std::size_t>(named[n]);
        const float* const g = x.grad + n * x.columns;
        float* const p = x.param + row * x.columns;
        const double s = static_cast<double>(x.s[row]) +
                         write_and_reduce(g, x.columns, square_sum, [](std::size_t, std::size_t) {}) / static_cast<double>(x.columns);
        x.s[row] = static_cast<float>(s);
        const auto factor = all(hyper.lr / (std::sqrt(s) + hyper.eps));
        for (std::size_t j = 0; j < x.columns; j += width) {
            const auto k = std::min(width, x.columns - j);
            store_some(p + j, sub(mul(load_some(p + j, k), keep), mul(factor, load_some(g + j, k))), k);
        }
    }
}

}  // namespace bench
