#pragma once

#include <furl/execute/kernel.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace FURL_NAMESPACE::detail {

/// Whether a pass computes the operand of a function of matrices.
template <class Plan, std::size_t Pass>
inline constexpr bool stores_operands = [] {
    for (auto m : Plan::order.matrices)
        if (Plan::order.level[Plan::program[m].operands[0]] == static_cast<std::int16_t>(Pass)) return true;
    return false;
}();

/// Runs a pass that computes operands of functions of matrices, and stores these, for n elements from number `from` on.
template <class Plan, std::size_t Pass, class V>
FURL_FLATTEN void store_operands(const buffer_pointers<Plan>& given, const uniform_values<Plan, Pass, typename arithmetic<V>::element>& uniforms,
                                 std::size_t n, std::size_t from) {
    using A = arithmetic<V>;
    using T = typename A::element;
    using kernel = detail::kernel<Plan, Pass, V>;
    const auto buffers = given;
    const auto keys = uniforms.keys;
    const auto of_columns = uniforms.columns;
    const auto matrices = uniforms.matrices;
    const registers<Plan, V> u = spread<Plan, Pass, V>(uniforms);
    const auto store = [&](const buffer_pointers<Plan>& at, std::size_t offset, std::size_t number, std::size_t valid) FURL_INLINE_LAMBDA {
        registers<Plan, V> r;
        evaluate_elements<Plan, Pass>(r, u, vector_leaves<Plan, V>{at, offset, keys, from + number, of_columns, number, matrices});
        [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
            (
                [&]() FURL_INLINE_LAMBDA {
                    constexpr auto x = Plan::program[Plan::order.matrices[K]].operands[0];
                    if constexpr (Plan::order.level[x] == static_cast<std::int16_t>(Pass)) {
                        T* const to = matrices[K] + number;
                        if (valid == A::width) return A::store(to, kernel::template result<x>(r, u));
                        alignas(64) T last[A::width];
                        A::store(last, kernel::template result<x>(r, u));
                        std::memcpy(to, last, valid * sizeof(T));
                    }
                }(),
                ...);
        }(std::make_index_sequence<Plan::order.matrices.size()>{});
    };
    std::size_t i = 0;
    for (; i + A::width <= n; i += A::width) store(buffers, i, i, A::width);
    if (i < n && n >= A::width) {
        store(buffers, n - A::width, n - A::width, A::width);  // stores some elements a second time, with the same bits
    } else if (i < n) {
        typename kernel::padded_copy pad(buffers, i, n - i);
        store(pad.buffers, 0, i, n - i);
    }
}

}  // namespace furl::detail
