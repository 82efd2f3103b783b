#pragma once

#include <furl/execute/leaves.hpp>

#include <concepts>
#include <cstddef>

namespace FURL_NAMESPACE {

/// What runs the passes of a plan over memory.
template <class E, class Plan, class T>
concept Executor = std::constructible_from<E, std::size_t> &&  // of the largest tensor: buffers are allocated once
    requires(E& executor, const detail::place_pointers<Plan>& places, const detail::uniform_values<Plan, 0, T>& uniforms, std::size_t n,
             std::size_t from, double* reductions) {
        // Whether any run of whole spans can be done by itself, by any thread. If not, it is given whole tensors on one thread.
        { E::in_pieces } -> std::convertible_to<bool>;
        // The n elements of a tensor from number `from` on, where the places begin. The last pass writes; the others put one
        // number for each reduction of the pass behind `reductions`.
        executor.template run<0>(places, uniforms, n, from, reductions);
    };

}  // namespace furl
