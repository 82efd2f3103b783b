#pragma once

#include <furl/execute/evaluate.hpp>
#include <furl/simd/random.hpp>

#include <cstddef>
#include <cstdint>

// What the values of a step and of a tensor depend on.
namespace FURL_NAMESPACE {

namespace detail {

// Whether there are values of a tensor.
template <class Plan>
inline constexpr bool has_tensor_values = [] {
    for (auto i : Plan::order.scalars)
        if (Plan::program[i].where == domain::tensor) return true;
    return false;
}();

// Whether the values of a tensor depend on nothing of the tensor but its states. Then tensors with equal states share one
// evaluation.
template <class Plan>
inline constexpr bool only_states_differ = [] {
    if (Plan::has_lines) return false;
    for (auto i : Plan::order.scalars) {
        const auto x = Plan::program[i];
        if ((x.code == op::count || is_reduction(x.code)) && x.where != domain::step) return false;
    }
    return true;
}();

// The key of random stream K for a tensor in step t.
template <class Plan, std::size_t K>
random_key key_of_tensor(const registers<Plan, double>& values, std::int64_t t, std::size_t tensor) {
    constexpr auto own = Plan::random_streams.size();
    if constexpr (K < own) {
        constexpr auto x = Plan::program[Plan::random_streams[K]];
        return make_random_key(values.value[x.operands[0]], Plan::program[x.operands[1]].value, static_cast<std::uint64_t>(t), tensor);
    } else {
        return make_format_key(K - own, static_cast<std::uint64_t>(t), tensor);
    }
}

}  // namespace detail

}  // namespace furl
