#pragma once

#include <furl/base/policy.hpp>
#include <furl/language/matrices.hpp>

#include <concepts>

namespace FURL_NAMESPACE {

/// A policy that multiplies matrices, for rules with orthogonalize: furl::eigen_engine (furl/matrix/eigen.hpp), furl::blas_engine
/// (furl/matrix/blas.hpp), or one of your own.
template <class E>
concept MatrixEngine = requires {
    { E::policy } -> std::convertible_to<policy_kind>;  // policy_kind::matrices
    // The product of matrices of each element type. Optimizers that step on different threads may call it at once.
    { &E::template multiply<float> } -> std::convertible_to<matrix_product<float>>;
    { &E::template multiply<double> } -> std::convertible_to<matrix_product<double>>;
};

/// The engine of an optimizer that is given no other: it multiplies nothing.
struct no_matrix_engine {
    static constexpr policy_kind policy = policy_kind::matrices;  ///< the kind of policy it is
};

}  // namespace furl
