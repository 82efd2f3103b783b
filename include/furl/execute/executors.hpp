#pragma once

#include <furl/base/policy.hpp>
#include <furl/execute/fused.hpp>
#include <furl/execute/naive.hpp>
#include <furl/simd/denormals.hpp>
#include <furl/simd/simd.hpp>

namespace FURL_NAMESPACE {

/// Execution policies: the ways to run one and the same rule.

/// One fused pass over vectors. The default.
struct fused {
    static constexpr policy_kind policy = policy_kind::execution;  ///< the kind of policy it is
    using numerics = contracted;                                   ///< how close it keeps to the rule
    using denormals = flush_denormals;                             ///< what it does with denormals
    static constexpr bool takes_formats = true;                    ///< streams of other types than T
    /// What runs the passes over elements of type T.
    template <class T>
    using executor = fused_executor<vector_of<T>>;
};

/// One vectorized loop for each operation, as an eager tensor library runs it: what furl is measured against.
struct one_loop_per_operation {
    static constexpr policy_kind policy = policy_kind::execution;  ///< the kind of policy it is
    using numerics = strict;                                       ///< how close it keeps to the rule
    using denormals = flush_denormals;                             ///< what it does with denormals
    static constexpr bool takes_formats = false;                   ///< streams of other types than T
    /// What runs the passes over elements of type T.
    template <class T>
    using executor = naive_executor<vector_of<T>>;
};

/// One element at a time, as written: the oracle of the tests.
struct one_element_at_a_time {
    static constexpr policy_kind policy = policy_kind::execution;  ///< the kind of policy it is
    using numerics = strict;                                       ///< how close it keeps to the rule
    using denormals = keep_denormals;                              ///< what it does with denormals
    static constexpr bool takes_formats = true;                    ///< streams of other types than T
    /// What runs the passes over elements of type T.
    template <class T>
    using executor = fused_executor<T>;
};

}  // namespace furl
