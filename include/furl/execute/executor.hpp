#pragma once

#include <furl/execute/leaves.hpp>

#include <concepts>
#include <cstddef>

namespace FURL_NAMESPACE {

/// An executor runs the passes of a plan over memory.
template <class E, class Plan, class T>
concept Executor = std::constructible_from<E, std::size_t> &&  // the size of the largest tensor: buffers are allocated once
    requires(E& executor, const detail::buffer_pointers<Plan>& buffers, const detail::uniform_values<Plan, 0, T>& uniforms, std::size_t n,
             std::size_t from, double* reductions) {
        // The type in which values of rows and columns are computed: a double, or a vector of them.
        requires std::same_as<typename arithmetic<typename E::line_vector>::element, double>;
        // True if several threads may each run a part of a tensor (whole spans). If it is false, one thread runs whole tensors.
        { E::in_pieces } -> std::convertible_to<bool>;
        // An executor that takes rows has write_rows and reduce_rows, which run a pass over several rows in one call. For another
        // executor line_pass makes a call for each row.
        { E::takes_rows } -> std::convertible_to<bool>;
        // Runs a pass over n elements of a tensor. The first is number `from`, where the buffers begin. The last pass writes the
        // streams; the others write one number for each of their reductions to `reductions`.
        executor.template run<0>(buffers, uniforms, n, from, reductions);
    };

}  // namespace furl
