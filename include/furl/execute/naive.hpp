#pragma once

#include <furl/execute/kernel.hpp>
#include <furl/execute/partition.hpp>
#include <furl/execute/range.hpp>
#include <furl/execute/reduction_tree.hpp>

#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

// This decides where each value of a pass lives when every instruction is a loop over memory: in a stream, or in a buffer that
// is used again once its value is dead.
template <class Plan, std::size_t Pass>
struct buffer_plan {
    static constexpr std::int16_t none = -1;
    std::int16_t buffer[Plan::size]{};  ///< the buffer of each value; none if it lives in a stream
    std::int16_t stream[Plan::size]{};
    std::int16_t copied_to[Plan::streams.size()]{};  ///< the value that the stream gets by a copy at the end, or none
    std::int16_t buffers = 0;

    constexpr buffer_plan() {
        constexpr const auto& list = Plan::order.elements[Pass];
        constexpr bool last = Pass + 1 == Plan::order.passes;
        std::size_t last_use[Plan::size]{};
        for (std::size_t k = 0; k < list.size(); ++k)
            for (auto operand : Plan::program[list[k]].operands)
                if (operand >= 0) last_use[operand] = k;
        for (auto m : Plan::order.matrices) last_use[Plan::program[m].operands[0]] = list.size();
        for (auto r : Plan::order.reductions) {
            const auto summand = Plan::program[r].operands[0];
            last_use[summand] = list.size();
            // The factors of a product stay too, because it may be summed again: see range.hpp.
            if (Plan::program[summand].code == op::multiply)
                for (auto factor : Plan::program[summand].operands)
                    if (factor >= 0) last_use[factor] = list.size();
        }
        for (std::size_t i = 0; i < Plan::size; ++i) buffer[i] = stream[i] = none;
        for (auto& c : copied_to) c = none;

        for (std::size_t s = 0; s < Plan::streams.size(); ++s) {
            const auto& entry = Plan::streams[s];
            if (entry.load >= 0) stream[entry.load] = static_cast<std::int16_t>(s);
            if (last && entry.store >= 0) {
                last_use[entry.store] = list.size();
                copied_to[s] = entry.store;
            }
        }
        // A result is written to its stream at once if nothing reads the old value any more.
        std::int16_t free[Plan::size]{};
        std::size_t free_count = 0;
        for (std::size_t k = 0; k < list.size(); ++k) {
            const auto i = list[k];
            if (is_given(Plan::program[i].code) || !Plan::program.is_element(i)) continue;
            for (std::size_t s = 0; s < Plan::streams.size() && stream[i] == none; ++s) {
                const auto old = Plan::streams[s].load;
                if (copied_to[s] != i || (old >= 0 && last_use[old] > k)) continue;
                stream[i] = static_cast<std::int16_t>(s);
                copied_to[s] = none;
            }
            if (stream[i] == none) buffer[i] = free_count > 0 ? free[--free_count] : buffers++;
            for (auto operand : Plan::program[i].operands)
                if (operand >= 0 && buffer[operand] != none && last_use[operand] == k) {
                    bool again = false;
                    for (std::size_t f = 0; f < free_count; ++f) again = again || free[f] == buffer[operand];
                    if (!again) free[free_count++] = buffer[operand];
                }
        }
        for (auto value : copied_to)
            if (value >= 0 && Plan::program.is_element(value) && info(Plan::program[value].code).kind == op_kind::leaf &&
                buffer[value] == none)
                buffer[value] = buffers++;
    }
};

}  // namespace detail

/// Runs a rule as an eager tensor library does: one vectorized loop over memory for each operation, with a buffer for each
/// intermediate value. It uses the same rule and the same evaluator, and its bits are those of furl::strict.
template <class V, class Lines>
struct naive_executor {
    template <class Plan>
    class bound {
        using A = arithmetic<V>;
        using T = typename A::element;
        using pointers = detail::buffer_pointers<Plan>;
        using keys = std::array<detail::random_key, Plan::random_keys>;

      public:
        using line_vector = Lines;  ///< the type of values of rows and columns

        /// A loop goes over a whole tensor, and all loops share the buffers.
        static constexpr bool in_pieces = false;
        static constexpr bool takes_rows = false;

        explicit bound(std::size_t largest) {
            [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
                buffers_.resize(static_cast<std::size_t>(std::max({std::int16_t{0}, where<Pass>.buffers...})));
            }(std::make_index_sequence<Plan::order.passes>{});
            for (auto& b : buffers_) b.resize(largest);
        }

        template <std::size_t Pass>
        void run(const pointers& streams, const detail::uniform_values<Plan, Pass, T>& uniforms, std::size_t n,
                 std::size_t from, double* reductions) {
            using kernel = detail::kernel<Plan, Pass, V>;
            const auto u = detail::spread<Plan, Pass, V>(uniforms);
            columns_ = uniforms.columns;
            matrices_ = uniforms.matrices;
            first_ = from;
            loops<Pass, 0>(streams, u, uniforms.keys, n);
            if constexpr (Pass + 1 == Plan::order.passes) {
                [&]<std::size_t... S>(std::index_sequence<S...>) {
                    (save_old<Pass, S>(streams, n), ...);
                    (copy<Pass, S>(streams, u, n), ...);
                }(std::make_index_sequence<Plan::streams.size()>{});
            } else {
                [&]<std::size_t... R>(std::index_sequence<R...>) {
                    (reduce<Pass, kernel::template reduction<R>, kernel::reductions[R]>(streams, u, n, reductions), ...);
                }(std::make_index_sequence<kernel::reductions.size()>{});
                [&]<std::size_t... C>(std::index_sequence<C...>) {
                    (collect_columns<Pass, Plan::column_reductions[C]>(streams, u, uniforms.column_partials[C], n), ...);
                }(std::make_index_sequence<Plan::column_reductions.size()>{});
                [&]<std::size_t... K>(std::index_sequence<K...>) {
                    (store_operand<Pass, K>(streams, n), ...);
                }(std::make_index_sequence<Plan::order.matrices.size()>{});
            }
        }

      private:
        template <std::size_t Pass>
        static constexpr detail::buffer_plan<Plan, Pass> where{};

        std::vector<std::vector<T>> buffers_;
        std::array<const T*, Plan::column_values.size()> columns_{};
        std::array<T*, Plan::order.matrices.size()> matrices_{};
        std::size_t first_ = 0;  // the number of the first element of a loop

        static T* stream_at(const pointers& streams, std::size_t s) { return reinterpret_cast<T*>(streams[s]); }

        template <std::size_t Pass, std::int16_t I>
        T* buffer(const pointers& streams) {
            constexpr auto stream = where<Pass>.stream[I], buffer = where<Pass>.buffer[I];
            if constexpr (Plan::program[I].code == op::matrix) return matrices_[Plan::place_in(Plan::order.matrices, I)];
            else if constexpr (Plan::program[I].where == domain::column) return const_cast<T*>(columns_[Plan::place_in(Plan::column_values, I)]);
            else if constexpr (stream >= 0) return stream_at(streams, static_cast<std::size_t>(stream));
            else if constexpr (buffer >= 0) return buffers_[static_cast<std::size_t>(buffer)].data();
            else return nullptr;
        }

        // Runs a loop for each value of a pass, from number From of its order on.
        template <std::size_t Pass, std::size_t From>
        void loops(const pointers& streams, const registers<Plan, V>& u, const keys& random, std::size_t n) {
            constexpr const auto& list = Plan::order.elements[Pass];
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (loop<Pass, list[From + K]>(streams, u, random, n), ...);
                if constexpr (From + sizeof...(K) < list.size()) loops<Pass, From + sizeof...(K)>(streams, u, random, n);
            }(detail::fold_numbers<list.size(), From>{});
        }

        template <std::size_t Pass, std::int16_t I>
        FURL_FLATTEN void loop(const pointers& streams, const registers<Plan, V>& u, const keys& random, std::size_t n) {
            constexpr auto x = Plan::program[I];
            if constexpr (!detail::is_given(x.code) && x.where == domain::element) {
                T* const to = buffer<Pass, I>(streams);
                const std::array<const T*, 3> from{pointer_or_null<Pass, x.operands[0]>(streams),
                                                   pointer_or_null<Pass, x.operands[1]>(streams),
                                                   pointer_or_null<Pass, x.operands[2]>(streams)};
                std::size_t i = 0;
                for (; i + A::width <= n; i += A::width) element<I>(from, to, u, random, i, first_ + i);
                if (i == n) return;
                alignas(64) T padded[4][A::width];
                std::array<const T*, 3> padded_from{};
                for (std::size_t k = 0; k < 3; ++k)
                    if (from[k]) {
                        padded_from[k] = padded[k];
                        for (std::size_t j = 0; j < A::width; ++j) padded[k][j] = from[k][std::min(i + j, n - 1)];
                    }
                element<I>(padded_from, padded[3], u, random, 0, first_ + i);
                std::copy_n(padded[3], n - i, to + i);
            }
        }

        template <std::size_t Pass, std::int16_t I>
        const T* pointer_or_null(const pointers& streams) {
            if constexpr (I < 0) return nullptr;
            else if constexpr (!is_computed_with(Plan::program[I].where, domain::element)) return nullptr;
            else return buffer<Pass, I>(streams);
        }

        // Does one instruction on one vector: it loads the operands and stores the result. Conditions are stored as 1 and 0.
        template <std::int16_t I>
        static FURL_INLINE void element(const std::array<const T*, 3>& from, T* to, const registers<Plan, V>& u,
                                        const keys& random, std::size_t i, std::size_t number) {
            constexpr auto x = Plan::program[I];
            registers<Plan, V> r;
            [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
                (
                    [&]() FURL_INLINE_LAMBDA {
                        constexpr auto operand = x.operands[K];
                        if constexpr (operand >= 0) {
                            if constexpr (is_computed_with(Plan::program[operand].where, domain::element)) {
                                r.value[operand] = A::load(from[K] + i);
                                r.truth[operand] = A::not_equal(r.value[operand], A::broadcast(T{0}));
                            }
                        }
                    }(),
                    ...);
            }(std::make_index_sequence<3>{});
            evaluate<Plan, I>(r, u, detail::vector_leaves<Plan, V>{{}, i, random, number});
            if constexpr (info(x.code).is_condition)
                A::store(to + i, A::select(r.truth[I], A::broadcast(T{1}), A::broadcast(T{0})));
            else
                A::store(to + i, r.value[I]);
        }

        // Stores the operand of a function of matrices.
        template <std::size_t Pass, std::size_t K>
        void store_operand(const pointers& streams, std::size_t n) {
            constexpr auto x = Plan::program[Plan::order.matrices[K]].operands[0];
            if constexpr (Plan::order.level[x] == static_cast<std::int16_t>(Pass)) std::copy_n(buffer<Pass, x>(streams), n, matrices_[K]);
        }

        // Adds a piece of a row to the partial results of a reduction over columns.
        template <std::size_t Pass, std::int16_t R>
        void collect_columns(const pointers& streams, const registers<Plan, V>& u, T* to, std::size_t n) {
            constexpr auto x = Plan::program[R];
            constexpr detail::combining<x.code> combine{};
            constexpr auto value = x.operands[0];
            if constexpr (Plan::order.level[value] == static_cast<std::int16_t>(Pass)) {
                const auto at = value_of<Pass, value>(streams, u);
                for (std::size_t i = 0; i < n; ++i) to[i] = combine(to[i], at(i));
            }
        }

        // Returns a function that gives the value of an element; that value may be the same for all elements.
        template <std::size_t Pass, std::int16_t I>
        auto value_of(const pointers& streams, const registers<Plan, V>& u) {
            if constexpr (is_computed_with(Plan::program[I].where, domain::element)) {
                return [from = buffer<Pass, I>(streams)](std::size_t i) { return from[i]; };
            } else {
                alignas(64) T shared[A::width];
                A::store(shared, u.value[I]);
                return [first = shared[0]](std::size_t) { return first; };
            }
        }

        // If one stream becomes the old value of another, that value is copied before either is written.
        template <std::size_t Pass, std::size_t S>
        void save_old(const pointers& streams, std::size_t n) {
            constexpr auto value = Plan::streams[S].load;
            if constexpr (value >= 0) {
                constexpr auto buffer = where<Pass>.buffer[value];
                if constexpr (buffer >= 0)
                    std::copy_n(stream_at(streams, S), n, buffers_[static_cast<std::size_t>(buffer)].data());
            }
        }

        template <std::size_t Pass, std::size_t S>
        void copy(const pointers& streams, const registers<Plan, V>& u, std::size_t n) {
            constexpr auto value = where<Pass>.copied_to[S];
            if constexpr (value >= 0) {
                if constexpr (is_computed_with(Plan::program[value].where, domain::element)) {
                    constexpr auto buffer = where<Pass>.buffer[value];
                    if constexpr (buffer >= 0)
                        std::copy_n(buffers_[static_cast<std::size_t>(buffer)].data(), n, stream_at(streams, S));
                    else
                        std::copy_n(buffer<Pass, value>(streams), n, stream_at(streams, S));
                } else {
                    alignas(64) T lanes[A::width];
                    A::store(lanes, u.value[value]);
                    std::fill_n(stream_at(streams, S), n, lanes[0]);
                }
            }
        }

        template <std::size_t Pass, std::int16_t R, std::size_t Result>
        void reduce(const pointers& streams, const registers<Plan, V>& u, std::size_t n, double* reductions) {
            constexpr auto x = Plan::program[R];
            constexpr detail::combining<x.code> combine{};
            const auto value = value_of<Pass, x.operands[0]>(streams, u);
            const auto reduce_span = [&](std::size_t first, std::size_t last, auto term) {
                pairwise_tree tree(combine);
                for (std::size_t begin = first; begin < last; begin += reduction_segment) {
                    alignas(64) T lanes[reduction_lanes]{};
                    const auto end = std::min(last, begin + reduction_segment);
                    for (std::size_t i = begin; i < end; ++i) {
                        auto& lane = lanes[(i - begin) % reduction_lanes];
                        lane = combine(lane, term(i));
                    }
                    tree.push(fold_lanes(lanes, combine));
                }
                return tree.result();
            };
            pairwise_tree spans(combine);
            for (std::size_t begin = 0; begin < n; begin += partition::span_size) {
                const auto end = std::min(n, begin + partition::span_size);
                auto result = reduce_span(begin, end, value);
                if constexpr (detail::sums_products<Plan, T, R>) {
                    constexpr auto product = Plan::program[x.operands[0]];
                    const T *a = buffer<Pass, product.operands[0]>(streams), *b = buffer<Pass, product.operands[1]>(streams);
                    if (const auto by = detail::scale_for(result); by != detail::scale{})
                        result = by.without(reduce_span(
                            begin, end, [&](std::size_t i) { return detail::scaled_product<arithmetic<T>, product.operands[0] == product.operands[1]>(a[i], b[i], by); }));
                }
                spans.push(result);
            }
            reductions[Result] = spans.result();
        }
    };
};

}  // namespace furl
