#pragma once

#include <furl/furl.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

// Matrices, their products and the Newton-Schulz iteration as they are defined.
namespace furl::tests {

/// Products as they are defined: the smallest engine that there can be.
struct plain_engine {
    static constexpr policy_kind policy = policy_kind::matrices;

    template <class T>
    static void multiply(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, T alpha, const T* a, std::size_t lda,
                         const T* b, std::size_t ldb, T beta, T* c, std::size_t ldc) {
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                T sum = 0;
                for (std::size_t l = 0; l < k; ++l) sum += (transpose_a ? a[l * lda + i] : a[i * lda + l]) * (transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
                c[i * ldc + j] = alpha * sum + (beta == 0 ? T{0} : beta * c[i * ldc + j]);
            }
    }
};
static_assert(MatrixEngine<plain_engine>);

using matrix = std::vector<std::vector<double>>;

inline matrix draw(std::size_t height, std::size_t width, unsigned seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> d(-1, 1);
    matrix m(height, std::vector<double>(width));
    for (auto& row : m)
        for (auto& x : row) x = d(generator);
    return m;
}

inline matrix product(const matrix& a, const matrix& b) {
    matrix c(a.size(), std::vector<double>(b[0].size()));
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < b[0].size(); ++j)
            for (std::size_t l = 0; l < b.size(); ++l) c[i][j] += a[i][l] * b[l][j];
    return c;
}

inline matrix transposed(const matrix& a) {
    matrix t(a[0].size(), std::vector<double>(a.size()));
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < a[0].size(); ++j) t[j][i] = a[i][j];
    return t;
}

inline matrix linear(double p, const matrix& a, double q, const matrix& b) {
    auto c = a;
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < a[0].size(); ++j) c[i][j] = p * a[i][j] + q * b[i][j];
    return c;
}

/// As Jordan writes it: always X X^T, of the transposed matrix where it is tall.
template <std::size_t N>
matrix newton_schulz_by_hand(matrix x, const newton_schulz<N>& method) {
    double norm = 0;
    for (const auto& row : x)
        for (double v : row) norm += v * v;
    norm = std::sqrt(norm);
    const double divisor = method.at_least_eps ? std::max(norm, method.eps) : method.factor * norm + method.eps;
    for (auto& row : x)
        for (double& v : row) v /= divisor;
    const bool tall = x.size() > x[0].size();
    if (tall) x = transposed(x);
    for (const auto& [a, b, c] : method.coefficients) {
        const auto gram = product(x, transposed(x));
        x = linear(a, x, 1, product(linear(b, gram, c, product(gram, gram)), x));
    }
    return tall ? transposed(x) : x;
}

template <class T>
std::vector<T> flat(const matrix& m) {
    std::vector<T> x;
    for (const auto& row : m) x.insert(x.end(), row.begin(), row.end());
    return x;
}

}  // namespace furl::tests
