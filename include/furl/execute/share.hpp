#pragma once

#include <furl/base/policy.hpp>
#include <furl/base/shape.hpp>

#include <concepts>
#include <cstddef>
#include <span>

namespace FURL_NAMESPACE {

/// A share says which elements of each tensor a step_runner has in memory. Others have the rest, and step it at the same time. A
/// step_runner goes over its own elements, and asks its share for what depends on whole tensors: how many elements, rows and columns
/// they have, which number an element has (for random numbers), and where partial results stand in the trees of reductions.
template <class S>
concept Share = requires(const S& share, std::size_t i, std::span<double> partials, std::span<const std::size_t> first) {
    // It is a policy of an optimizer, of the kind policy_kind::share.
    { S::policy } -> std::convertible_to<policy_kind>;
    // Whether all tensors are whole. Then nothing else is asked for, and a step has no code for it.
    { S::is_whole } -> std::convertible_to<bool>;
    requires S::is_whole || requires {
        // The whole tensors.
        { share.sizes() } -> std::convertible_to<std::span<const std::size_t>>;
        { share.shapes() } -> std::convertible_to<std::span<const furl::shape>>;
        // The number of the first element of tensor i that is here, counted in the whole tensor.
        { share.first(i) } -> std::convertible_to<std::size_t>;
        // How many shares there are. Share i goes from place begin_of(i) in the list of tensors up to begin_of(i + 1), which is where
        // the next share begins. The end of the list is element 0 of the tensor behind the last.
        { share.count() } -> std::convertible_to<std::size_t>;
        { share.begin_of(i).tensor } -> std::convertible_to<std::size_t>;
        { share.begin_of(i).element } -> std::convertible_to<std::size_t>;
        // Completes `partials`, of which share i has computed those from first[i] up to first[i + 1]. All shares call it, in one order.
        share.gather(partials, first);
    };
};

/// The share of an optimizer that has all elements of all tensors. This is the default.
struct whole_tensors {
    static constexpr policy_kind policy = policy_kind::share;  ///< the kind of policy it is
    static constexpr bool is_whole = true;                     ///< all tensors are whole
};

}  // namespace furl
