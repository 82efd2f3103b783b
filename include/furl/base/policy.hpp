#pragma once

#include <furl/base/build.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace FURL_NAMESPACE {

/// Policies are types that follow the element type of an optimizer, in any order. Each policy names its kind, and a kind without
/// a policy has a default.
enum class policy_kind {
    numerics,   ///< how closely the loop follows the rule as written
    denormals,  ///< whether denormals count as zero
    execution,  ///< what runs the rule
    storage,    ///< in which formats parameters, gradients and states lie in memory
    matrices,   ///< the engine that multiplies matrices
    share,      ///< which part of each tensor is in memory
};

/// The first policy of a kind in a list, or the default.
template <policy_kind Kind, class Default, class... Policies>
struct policy_or : std::type_identity<Default> {};

template <policy_kind Kind, class Default, class First, class... Rest>
struct policy_or<Kind, Default, First, Rest...>
    : std::conditional_t<First::policy == Kind, std::type_identity<First>, policy_or<Kind, Default, Rest...>> {};

/// A policy of an optimizer is a type that names its kind.
template <class P>
concept Policy = requires {
    { P::policy } -> std::convertible_to<policy_kind>;
};

namespace detail {

template <class... Policies>
constexpr bool policies_fit() {
    if constexpr ((Policy<Policies> && ...)) {
        std::array<std::size_t, static_cast<std::size_t>(policy_kind::share) + 1> given{};  // the last kind
        return ((++given[static_cast<std::size_t>(Policies::policy)] == 1) && ...);
    } else {
        return false;
    }
}

}  // namespace detail

/// The policy that policy_or finds.
template <policy_kind Kind, class Default, class... Policies>
using policy_or_t = typename policy_or<Kind, Default, Policies...>::type;

}  // namespace furl
