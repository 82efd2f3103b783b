#pragma once

#include <furl/language/matrix_engine.hpp>

#include <cblas.h>

#include <type_traits>

namespace FURL_NAMESPACE {

/// Multiplies matrices by a library with the CBLAS interface: `furl::optimizer<my_muon, float, furl::blas_engine>`. OpenBLAS and BLIS
/// have it (Debian: libopenblas-dev or libblis-dev); link with -lopenblas or -lblis. The library decides how many threads it uses.
///
/// Limits:  a side of a matrix has at most 2^31 - 1 elements, because the interface takes int. This is not checked.
struct blas_engine {
    static constexpr policy_kind policy = policy_kind::matrices;  ///< the kind of policy it is

    /// See matrix_product.
    template <class T>
    static void multiply(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, T alpha, const T* a, std::size_t lda,
                         const T* b, std::size_t ldb, T beta, T* c, std::size_t ldc) {
        const auto side = [](std::size_t i) { return static_cast<int>(i); };
        const auto how = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
        if constexpr (std::is_same_v<T, float>)
            cblas_sgemm(CblasRowMajor, how(transpose_a), how(transpose_b), side(m), side(n), side(k), alpha, a, side(lda), b, side(ldb), beta, c,
                        side(ldc));
        else
            cblas_dgemm(CblasRowMajor, how(transpose_a), how(transpose_b), side(m), side(n), side(k), alpha, a, side(lda), b, side(ldb), beta, c,
                        side(ldc));
    }
};

static_assert(MatrixEngine<blas_engine>);

}  // namespace furl
