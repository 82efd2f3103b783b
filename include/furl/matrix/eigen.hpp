#pragma once

#include <furl/language/matrix_engine.hpp>

#include <Eigen/Core>

/// This folder holds the engines that multiply matrices for rules with orthogonalize. Each header includes the library that it uses.
namespace FURL_NAMESPACE {

/// Multiplies matrices by Eigen: `furl::optimizer<my_muon, float, furl::eigen_engine>`. Needs Eigen 3.4 (Debian's libeigen3-dev), and no
/// library at run time. One product runs on one thread, or on those of OpenMP where the program is compiled with it.
struct eigen_engine {
    static constexpr policy_kind policy = policy_kind::matrices;  ///< the kind of policy it is

    /// See matrix_product.
    template <class T>
    static void multiply(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, T alpha, const T* a, std::size_t lda,
                         const T* b, std::size_t ldb, T beta, T* c, std::size_t ldc) {
        using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        using stride = Eigen::OuterStride<>;
        const auto as_index = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
        const auto view = [&](const T* p, bool transposed, std::size_t height, std::size_t width, std::size_t ld) {
            return Eigen::Map<const matrix, 0, stride>(p, as_index(transposed ? width : height), as_index(transposed ? height : width), stride(as_index(ld)));
        };
        const auto left = view(a, transpose_a, m, k, lda), right = view(b, transpose_b, k, n, ldb);
        Eigen::Map<matrix, 0, stride> result(c, as_index(m), as_index(n), stride(as_index(ldc)));
        const auto add = [&](const auto& x, const auto& y) { result.noalias() += alpha * (x * y); };
        if (beta == 0) result.setZero();
        else if (beta != 1) result *= beta;
        if (transpose_a && transpose_b) add(left.transpose(), right.transpose());
        else if (transpose_a) add(left.transpose(), right);
        else if (transpose_b) add(left, right.transpose());
        else add(left, right);
    }
};

static_assert(MatrixEngine<eigen_engine>);

}  // namespace furl
