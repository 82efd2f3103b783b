#pragma once

#include <furl/execute/kernel.hpp>
#include <furl/execute/range.hpp>
#include <furl/execute/reduction_tree.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace FURL_NAMESPACE::detail {

/// The loop of a pass that only reads.
template <class Plan, std::size_t Pass, class V>
class reduce_kernel : kernel<Plan, Pass, V> {
    using base = kernel<Plan, Pass, V>;
    using A = arithmetic<V>;
    using T = typename A::element;
    using typename base::key_list;
    using typename base::pointers;
    static constexpr std::size_t width = A::width;
    using typename base::padded_copy;
    static constexpr const auto& reductions = base::reductions;
    template <std::size_t R>
    using combine = typename base::template combine<R>;
    static constexpr std::size_t lane_vectors = reduction_lanes / width;

    template <std::int16_t I>
    static FURL_INLINE V result(const registers<Plan, V>& r, const registers<Plan, V>& u) {
        return base::template result<I>(r, u);
    }

  public:
    /// Runs the pass: results[i] becomes the i-th reduction of Plan::order.reductions, if this pass makes it.
    /// Sums and maxima of magnitudes both start from 0. The n elements are at most a span, and the first is number `from` of its
    /// tensor.
    static void run(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n, std::size_t from,
                    double* results) {
        reduce_once(given, uniforms, n, from, results);
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            if constexpr ((of_products<R> || ...)) {
                const std::array by{(of_products<R> ? scale_for(results[reductions[R]]) : scale{})...};
                if (((by[R] != scale{}) || ...)) [[unlikely]] reduce_again(given, uniforms, n, from, results, by);
            }
        }(std::make_index_sequence<reductions.size()>{});
    }

    /// Where the results of several rows go: results[i][row] is that of the i-th reduction of this pass.
    using row_results = std::array<double*, reductions.size()>;

    /// Does the same for several rows, each of at most a span, in one call, because a call takes longer than a short row.
    ///
    /// @param values   for each value of rows that the pass reads: an array with one number for each row.
    /// @param follows  the number of elements of the same streams that may be read behind these rows.
    static void run_rows(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms,
                         const std::array<const T*, row_uniforms<Plan, Pass>.size()>& values, std::size_t rows, std::size_t columns, std::size_t from,
                         std::size_t follows, const row_results& results) {
        reduce_rows(given, uniforms, values, rows, columns, from, follows, results);
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            if constexpr ((of_products<R> || ...)) {
                for (std::size_t row = 0; row < rows; ++row) {
                    const std::array by{(of_products<R> ? scale_for(results[R][row]) : scale{})...};
                    if (((by[R] != scale{}) || ...)) [[unlikely]] {
                        auto here = given;
                        advance<Plan>(here, row * columns);
                        auto own = uniforms;
                        for (std::size_t k = 0; k < values.size(); ++k) own.values[row_uniforms<Plan, Pass>[k]] = values[k][row];
                        double again[Plan::order.reductions.size()];
                        ((again[reductions[R]] = results[R][row]), ...);
                        reduce_again(here, own, columns, from + row * columns, again, by);
                        ((results[R][row] = again[reductions[R]]), ...);
                    }
                }
            }
        }(std::make_index_sequence<reductions.size()>{});
    }

  private:
    FURL_FLATTEN static void reduce_once(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n,
                                         std::size_t from, double* results) {
        const piece here{given, uniforms.keys, uniforms.columns, uniforms.column_partials, uniforms.matrices};
        const registers<Plan, V> u = spread<Plan, Pass, V>(uniforms);
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            here.template reduce<false>(u, 0, n, from, [&](auto... x) FURL_INLINE_LAMBDA { ((results[reductions[R]] = x), ...); });
        }(std::make_index_sequence<reductions.size()>{});
    }

    FURL_FLATTEN static void reduce_rows(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms,
                                         const std::array<const T*, row_uniforms<Plan, Pass>.size()>& values, std::size_t rows,
                                         std::size_t columns, std::size_t from, std::size_t follows, const row_results& to) {
        const piece here{given, uniforms.keys, uniforms.columns, uniforms.column_partials, uniforms.matrices};
        const auto results = to;
        registers<Plan, V> u = spread<Plan, Pass, V>(uniforms);
        const auto all = rows * columns + follows, needed = (columns + width - 1) / width * width;
        for (std::size_t row = 0; row < rows; ++row) {
            [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
                (spread_row<K>(values[K][row], u), ...);
            }(std::make_index_sequence<row_uniforms<Plan, Pass>.size()>{});
            const auto at = row * columns;
            [&]<std::size_t... R>(std::index_sequence<R...>) FURL_INLINE_LAMBDA {
                const auto keep = [&](auto... x) FURL_INLINE_LAMBDA { ((results[R][row] = x), ...); };
                if (at + needed <= all) here.template reduce<true>(u, at, columns, from + at, keep);
                else here.template reduce<false>(u, at, columns, from + at, keep);
            }(std::make_index_sequence<reductions.size()>{});
        }
    }

    template <std::size_t K>
    static FURL_INLINE void spread_row(T value, registers<Plan, V>& u) {
        constexpr auto i = Plan::order.uniforms[Pass][row_uniforms<Plan, Pass>[K]];
        u.value[i] = A::broadcast(value);
        if constexpr (info(Plan::program[i].code).is_condition) u.truth[i] = A::not_equal(u.value[i], A::broadcast(T{0}));
    }

    // What is read, and where reductions over columns are collected.
    struct piece {
        pointers buffers;
        key_list keys;
        std::array<const T*, Plan::column_values.size()> columns;
        std::array<T*, Plan::column_reductions.size()> partials;
        std::array<T*, Plan::order.matrices.size()> matrices;

        // Reduces n elements from the one at `first` on, which is number `from` of its tensor, and calls keep(results...). With
        // Follows, a vector may be read behind them.
        template <bool Follows, class Keep>
        FURL_INLINE void reduce(const registers<Plan, V>& u, std::size_t first, std::size_t n, std::size_t from, Keep keep) const {
            static_assert(reduction_lanes % width == 0);
            [&]<std::size_t... R>(std::index_sequence<R...>) FURL_INLINE_LAMBDA {
                std::tuple<pairwise_tree<combine<R>>...> trees;
                for (std::size_t begin = 0; begin < n; begin += reduction_segment) {
                    const auto end = std::min(n, begin + reduction_segment);
                    V lanes[std::max<std::size_t>(sizeof...(R), 1)][lane_vectors];
                    reduce_segment<Follows>(u, first, begin, end, from, lanes);
                    if (Follows && n <= reduction_segment) return keep(fold(lanes[R], combine<R>{})...);
                    (std::get<R>(trees).push(fold(lanes[R], combine<R>{})), ...);
                }
                keep(std::get<R>(trees).result()...);
            }(std::make_index_sequence<reductions.size()>{});
        }

        template <bool Follows>
        FURL_INLINE void reduce_segment(const registers<Plan, V>& u, std::size_t first, std::size_t begin, std::size_t end, std::size_t from,
                                        V (&lanes)[std::max<std::size_t>(reductions.size(), 1)][lane_vectors]) const {
            [&]<std::size_t... R>(std::index_sequence<R...>) FURL_INLINE_LAMBDA {
                for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA { ((lanes[R][K] = A::broadcast(T{0})), ...); });
                const auto values = [&](registers<Plan, V>& r, const pointers& at, std::size_t offset, std::size_t number)
                                        FURL_INLINE_LAMBDA {
                    evaluate_elements<Plan, Pass>(r, u, vector_leaves<Plan, V>{at, offset, keys, from + number, columns, number, matrices});
                };
                std::size_t i = begin;
                for (; i + reduction_lanes <= end; i += reduction_lanes)
                    for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA {
                        registers<Plan, V> r;
                        values(r, buffers, first + i + K * width, i + K * width);
                        ((lanes[R][K] = combine<R>{}(lanes[R][K], result<operand<R>>(r, u))), ...);
                        collect_columns(r, u, partials, i + K * width, [](V x) FURL_INLINE_LAMBDA { return x; });
                    });
                if (i == end) return;
                if constexpr (Follows) {
                    for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA {
                        const auto at = i + K * width;
                        if (at >= end) return;
                        const auto valid = std::min(width, end - at);
                        registers<Plan, V> r;
                        values(r, buffers, first + at, at);
                        ((lanes[R][K] = combine<R>{}(lanes[R][K], first_of(result<operand<R>>(r, u), valid))), ...);
                        collect_columns(r, u, partials, at, [&](V x) FURL_INLINE_LAMBDA { return first_of(x, valid); });
                    });
                    return;
                }
                // This is a copy, because an index that the compiler does not know would keep the lanes in memory.
                V rest[std::max<std::size_t>(sizeof...(R), 1)][lane_vectors];
                for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA { ((rest[R][K] = lanes[R][K]), ...); });
                std::size_t k = 0;
                const auto add = [&](auto... x) FURL_INLINE_LAMBDA {
                    ((rest[R][k] = combine<R>{}(rest[R][k], x)), ...);
                };
                registers<Plan, V> r;
                for (; i + width <= end; i += width, ++k) {
                    values(r, buffers, first + i, i);
                    add(result<operand<R>>(r, u)...);
                    collect_columns(r, u, partials, i, [](V x) FURL_INLINE_LAMBDA { return x; });
                }
                if (i < end && end >= width) {
                    // These elements are the end of a whole vector, whose other elements were reduced before and are left out.
                    values(r, buffers, first + end - width, end - width);
                    add(A::last_of(result<operand<R>>(r, u), end - i)...);
                    collect_columns(r, u, partials, i, [&](V x) FURL_INLINE_LAMBDA { return A::last_of(x, end - i); });
                } else if (i < end) {
                    padded_copy pad(buffers, first + i, end - i);
                    values(r, pad.buffers, 0, i);
                    add(first_of(result<operand<R>>(r, u), end - i)...);
                    collect_columns(r, u, partials, i, [&](V x) FURL_INLINE_LAMBDA { return first_of(x, end - i); });
                }
                for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA { ((lanes[R][K] = rest[R][K]), ...); });
            }(std::make_index_sequence<reductions.size()>{});
        }
    };

    // Adds a vector to the partial results of each reduction over columns. `column` is the place of its first element in the piece.
    template <class Mask>
    static FURL_INLINE void collect_columns(const registers<Plan, V>& r, const registers<Plan, V>& u,
                                            const std::array<T*, Plan::column_reductions.size()>& partials, std::size_t column, Mask mask) {
        [&]<std::size_t... C>(std::index_sequence<C...>) FURL_INLINE_LAMBDA {
            (
                [&]() FURL_INLINE_LAMBDA {
                    constexpr auto x = Plan::program[Plan::column_reductions[C]];
                    if constexpr (Plan::order.level[x.operands[0]] == static_cast<std::int16_t>(Pass)) {
                        T* const to = partials[C] + column;
                        A::store(to, combining<x.code>{}(A::load(to), mask(result<x.operands[0]>(r, u))));
                    }
                }(),
                ...);
        }(std::make_index_sequence<Plan::column_reductions.size()>{});
    }

    template <std::size_t R>
    static constexpr bool of_products = sums_products<Plan, T, base::template reduction<R>>;

    template <std::size_t R>
    static FURL_INLINE V scaled_result(const registers<Plan, V>& r, const registers<Plan, V>& u, scale by) {
        if constexpr (of_products<R>) {
            constexpr auto factors = Plan::program[operand<R>].operands;
            return scaled_product<A, factors[0] == factors[1]>(r.value[factors[0]], r.value[factors[1]], by);
        } else {
            return result<operand<R>>(r, u);
        }
    }

    // Does what reduce_once does, with scaled products, in the same order. It runs seldom, so it is short rather than fast.
    static void reduce_again(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n, std::size_t from,
                             double* results, const std::array<scale, reductions.size()>& by) {
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            const pointers buffers = given;
            const registers<Plan, V> u = spread<Plan, Pass, V>(uniforms);
            std::tuple<pairwise_tree<combine<R>>...> trees;
            for (std::size_t begin = 0; begin < n; begin += reduction_segment) {
                const auto end = std::min(n, begin + reduction_segment);
                V lanes[sizeof...(R)][lane_vectors];
                for (std::size_t k = 0; k < lane_vectors; ++k) {
                    V sums[]{(static_cast<void>(R), A::broadcast(T{0}))...};
                    const auto values = [&](registers<Plan, V>& r, const pointers& at, std::size_t offset, std::size_t number)
                                            FURL_INLINE_LAMBDA {
                        evaluate_elements<Plan, Pass>(
                            r, u, vector_leaves<Plan, V>{at, offset, uniforms.keys, from + number, uniforms.columns, number, uniforms.matrices});
                    };
                    auto i = begin + k * width;
                    for (; i + width <= end; i += reduction_lanes) {
                        registers<Plan, V> r;
                        values(r, buffers, i, i);
                        ((sums[R] = combine<R>{}(sums[R], scaled_result<R>(r, u, by[R]))), ...);
                    }
                    if (i < end) {
                        padded_copy pad(buffers, i, end - i);
                        registers<Plan, V> r;
                        values(r, pad.buffers, 0, i);
                        ((sums[R] = combine<R>{}(sums[R], first_of(scaled_result<R>(r, u, by[R]), end - i))), ...);
                    }
                    ((lanes[R][k] = sums[R]), ...);
                }
                (std::get<R>(trees).push(fold(lanes[R], combine<R>{})), ...);
            }
            ((results[reductions[R]] = by[R].without(std::get<R>(trees).result())), ...);
        }(std::make_index_sequence<reductions.size()>{});
    }

    template <std::size_t R>
    static constexpr std::int16_t operand = Plan::program[base::template reduction<R>].operands[0];

    // Calls visit<K>() for each vector of lanes.
    template <class Visit>
    static FURL_INLINE void for_each_lane_vector(Visit visit) {
        [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
            (visit.template operator()<K>(), ...);
        }(std::make_index_sequence<lane_vectors>{});
    }
    // Returns the first `valid` values of x, and 0 for the others.
    static FURL_INLINE V first_of(V x, std::size_t valid) {
        return A::select(A::less(A::from_integers(A::indices(0)), A::broadcast(static_cast<T>(valid))), x, A::broadcast(T{0}));
    }

    // Folds the lanes by the tree of fold_lanes, by whole vectors as long as there are some.
    template <std::size_t Vectors, class Combine>
    static FURL_INLINE double fold(V (&x)[Vectors], Combine combine) {
        constexpr auto left = std::max<std::size_t>(double_lanes / width, 1);
        meet_pairwise<Vectors / 2, left>(x, combine);
        alignas(64) T lanes[left * width];
        for (std::size_t k = 0; k < left; ++k) A::store(lanes + k * width, x[k]);
        return fold_lanes(lanes, combine);
    }
};

}  // namespace furl::detail
