#pragma once

#include <furl/base/policy.hpp>
#include <furl/execute/fused.hpp>
#include <furl/execute/naive.hpp>
#include <furl/simd/denormals.hpp>
#include <furl/simd/simd.hpp>

namespace FURL_NAMESPACE {

/// Execution policies are the ways to run one and the same rule.

/// Runs fused passes over vectors. This is the default.
struct fused {
    static constexpr policy_kind policy = policy_kind::execution;  ///< the kind of policy it is
    using numerics = contracted;                                   ///< how closely it follows the rule
    using denormals = flush_denormals;                             ///< what it does with denormals
    static constexpr bool takes_formats = true;                    ///< whether streams may have other types than T
    /// The executor of the passes over elements of type T.
    template <class T>
    using executor = fused_executor<vector_of<T>, vector_of<double>>;
};

/// Runs one vectorized loop for each operation, as an eager tensor library does: furl is measured against this.
struct one_loop_per_operation {
    static constexpr policy_kind policy = policy_kind::execution;  ///< the kind of policy it is
    using numerics = strict;                                       ///< how closely it follows the rule
    using denormals = flush_denormals;                             ///< what it does with denormals
    static constexpr bool takes_formats = false;                   ///< whether streams may have other types than T
    /// The executor of the passes over elements of type T.
    template <class T>
    using executor = naive_executor<vector_of<T>, vector_of<double>>;
};

/// Runs the rule as written, one element at a time: the oracle of the tests.
struct one_element_at_a_time {
    static constexpr policy_kind policy = policy_kind::execution;  ///< the kind of policy it is
    using numerics = strict;                                       ///< how closely it follows the rule
    using denormals = keep_denormals;                              ///< what it does with denormals
    static constexpr bool takes_formats = true;                    ///< whether streams may have other types than T
    /// The executor of the passes over elements of type T.
    template <class T>
    using executor = fused_executor<T, double>;
};

}  // namespace furl
