#pragma once

#include <furl/execute/evaluate.hpp>
#include <furl/formats/stored_plan.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

// The values that a pass reads.
namespace FURL_NAMESPACE::detail {

/// The places in Plan::order.uniforms of the values of rows that a pass reads.
template <class Plan, std::size_t Pass>
inline constexpr auto row_uniforms = [] {
    constexpr const auto& list = Plan::order.uniforms[Pass];
    static_vector<std::size_t, std::max<std::size_t>(list.size(), 1)> rows;
    for (std::size_t k = 0; k < list.size() && Plan::has_lines; ++k)
        if (Plan::program[list[k]].where == domain::row) rows.push_back(k);
    return rows;
}();

/// The values of step, tensor and row that a pass reads, rounded once to the element type, and the keys of its random
/// numbers.
template <class Plan, std::size_t Pass, class T>
struct uniform_values {
    std::array<T, Plan::order.uniforms[Pass].size()> values{};
    std::array<random_key, Plan::random_keys> keys{};
    std::array<const T*, Plan::column_values.size()> columns{};         ///< for a piece of a row: the values of its columns
    std::array<T*, Plan::column_reductions.size()> column_partials{};  ///< for a piece of a row: partial results over columns
    std::array<T*, Plan::order.matrices.size()> matrices{};  ///< for a piece of a tensor: operands or results of functions
    std::array<const T*, row_uniforms<Plan, Pass>.size()> rows{};  ///< values of rows, copied for each element: see row_kernel
    std::array<std::size_t, Plan::has_lines> ahead{};  ///< how many elements the last pass of a walk reads ahead, or 0
};

template <class Plan, std::size_t Pass, class T, std::size_t From>
FURL_INLINE void round_uniforms(const registers<Plan, double>& scalars, uniform_values<Plan, Pass, T>& result) {
    constexpr const auto& list = Plan::order.uniforms[Pass];
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        ((result.values[From + K] = static_cast<T>(place<Plan, list[From + K]>(scalars))), ...);
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
        (put<Plan, list[From + K]>(u, A::broadcast(given.values[From + K])), ...);
        if constexpr (From + sizeof...(K) < list.size()) spread<Plan, Pass, V, From + sizeof...(K)>(given, u);
    }(fold_numbers<list.size(), From>{});
}
template <class Plan, std::size_t Pass, class V>
FURL_INLINE registers<Plan, V> spread(const uniform_values<Plan, Pass, typename arithmetic<V>::element>& given) {
    registers<Plan, V> u;
    spread<Plan, Pass, V, 0>(given, u);
    return u;
}

/// Fills the registers of one vector: loads the values of rows, which have a copy for each element, and takes the others from u.
template <class Plan, std::size_t Pass, class V>
FURL_INLINE void load_rows(const std::array<const typename arithmetic<V>::element*, row_uniforms<Plan, Pass>.size()>& rows, std::size_t at,
                           const registers<Plan, V>& u, registers<Plan, V>& here) {
    using A = arithmetic<V>;
    constexpr const auto& list = Plan::order.uniforms[Pass];
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        ((place<Plan, list[K]>(here) = place<Plan, list[K]>(u)), ...);
    }(std::make_index_sequence<list.size()>{});
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        (put<Plan, list[row_uniforms<Plan, Pass>[K]]>(here, A::load(rows[K] + at)), ...);
    }(std::make_index_sequence<row_uniforms<Plan, Pass>.size()>{});
}

// One kernel's view of memory. It has a copy of the pointers, so that no store can make the compiler load them again.
template <class Plan, class V>
struct vector_leaves {
    buffer_pointers<Plan> buffers;
    std::size_t offset;  // where to read
    std::array<random_key, Plan::random_keys> keys{};
    std::size_t element = 0;  // the number of the first element; in a padded copy offset is another
    std::array<const typename arithmetic<V>::element*, Plan::column_values.size()> columns{};
    std::size_t column = 0;  // where to read columns and matrices
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
