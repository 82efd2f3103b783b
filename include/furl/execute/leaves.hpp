#pragma once

#include <furl/execute/evaluate.hpp>
#include <furl/formats/stored_plan.hpp>

#include <array>
#include <cstddef>
#include <utility>

// This header has the values that a pass over memory reads.
namespace FURL_NAMESPACE::detail {

/// The values of step, tensor and row that a pass reads, rounded once to the element type, and the keys of its random
/// numbers.
template <class Plan, std::size_t Pass, class T>
struct uniform_values {
    std::array<T, Plan::order.uniforms[Pass].size()> values{};
    std::array<random_key, Plan::random_keys> keys{};
    std::array<const T*, Plan::column_values.size()> columns{};         ///< for a piece of a row: the values of its columns
    std::array<T*, Plan::column_reductions.size()> column_partials{};  ///< and where reductions over the columns are collected
    std::array<T*, Plan::order.matrices.size()> matrices{};  ///< for a piece of a tensor: operands or results of functions of matrices
};

template <class Plan, std::size_t Pass, class T, std::size_t From>
FURL_INLINE void round_uniforms(const registers<Plan, double>& scalars, uniform_values<Plan, Pass, T>& result) {
    constexpr const auto& list = Plan::order.uniforms[Pass];
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        ((result.values[From + K] = info(Plan::program[list[From + K]].code).is_condition
                          ? static_cast<T>(scalars.truth[list[From + K]])
                          : static_cast<T>(scalars.value[list[From + K]])),
         ...);
        if constexpr (From + sizeof...(K) < list.size()) round_uniforms<Plan, Pass, T, From + sizeof...(K)>(scalars, result);
    }(fold_numbers<list.size(), From>{});
}
template <class Plan, std::size_t Pass, class T>
FURL_INLINE uniform_values<Plan, Pass, T> round_uniforms(const registers<Plan, double>& scalars) {
    uniform_values<Plan, Pass, T> result{};
    round_uniforms<Plan, Pass, T, 0>(scalars, result);
    return result;
}

/// Copies each value to all lanes of a vector.
template <class Plan, std::size_t Pass, class V, std::size_t From>
FURL_INLINE void spread(const uniform_values<Plan, Pass, typename arithmetic<V>::element>& given, registers<Plan, V>& u) {
    using A = arithmetic<V>;
    constexpr const auto& list = Plan::order.uniforms[Pass];
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        ((u.value[list[From + K]] = A::broadcast(given.values[From + K])), ...);
        (
            [&]() FURL_INLINE_LAMBDA {
                constexpr auto i = list[From + K];
                if constexpr (info(Plan::program[i].code).is_condition)
                    u.truth[i] = A::not_equal(u.value[i], A::broadcast(typename A::element{0}));
            }(),
            ...);
        if constexpr (From + sizeof...(K) < list.size()) spread<Plan, Pass, V, From + sizeof...(K)>(given, u);
    }(fold_numbers<list.size(), From>{});
}
template <class Plan, std::size_t Pass, class V>
FURL_INLINE registers<Plan, V> spread(const uniform_values<Plan, Pass, typename arithmetic<V>::element>& given) {
    registers<Plan, V> u;
    spread<Plan, Pass, V, 0>(given, u);
    return u;
}

// One kernel's view of memory. It has a copy of the pointers, so that no store can make the compiler load them again.
template <class Plan, class V>
struct vector_leaves {
    buffer_pointers<Plan> buffers;
    std::size_t offset;  // where to read
    std::array<random_key, Plan::random_keys> keys{};
    std::size_t element = 0;  // the number of the first element; in a padded copy offset is another
    std::array<const typename arithmetic<V>::element*, Plan::column_values.size()> columns{};
    std::size_t column = 0;  // where to read these
    std::array<typename arithmetic<V>::element*, Plan::order.matrices.size()> matrices{};

    template <std::int16_t I>
    FURL_INLINE V get() const {
        if constexpr (Plan::program[I].code == op::matrix) {
            return arithmetic<V>::load(matrices[Plan::place_in(Plan::order.matrices, I)] + column);
        } else if constexpr (Plan::program[I].where == domain::column) {
            return arithmetic<V>::load(columns[Plan::place_in(Plan::column_values, I)] + column);
        } else {
            constexpr auto stream = Plan::stream_of(I);
            return Plan::template format<stream>::template load<arithmetic<V>>(buffers[stream], buffers[Plan::companion_buffer(stream)],
                                                                              offset);
        }
    }

    template <std::int16_t I>
    FURL_INLINE V draw() const {
        constexpr auto k = [] {
            std::size_t i = 0;
            while (Plan::random_streams[i] != I) ++i;
            return i;
        }();
        return arithmetic<V>::random(keys[k], element);
    }
};

}  // namespace furl::detail
