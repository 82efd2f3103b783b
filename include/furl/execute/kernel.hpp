#pragma once

#include <furl/execute/leaves.hpp>
#include <furl/execute/range.hpp>
#include <furl/execute/reduction_tree.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <tuple>
#include <utility>

namespace FURL_NAMESPACE {

namespace detail {

/// Combines two partial results of a reduction into one.
template <op Code>
struct combining {
    template <class X>
    FURL_INLINE X operator()(X a, X b) const {
        if constexpr (Code == op::reduce_sum) return arithmetic<X>::add(a, b);
        else return operation<op::maximum>::template of<arithmetic<X>>(a, b);
    }
};

template <class Plan, std::size_t Pass, class V>
struct kernel {
    using A = arithmetic<V>;
    using T = typename A::element;
    using pointers = buffer_pointers<Plan>;
    using key_list = std::array<random_key, Plan::random_keys>;
    static constexpr std::size_t width = A::width;

    template <std::int16_t I>
    static FURL_INLINE V result(const registers<Plan, V>& r, const registers<Plan, V>& u) {
        if constexpr (is_computed_with(Plan::program[I].where, domain::element)) return r.value[I];
        else return u.value[I];
    }

    // The results of one vector that are to be stored. `number` is the number of its first element in the tensor.
    struct vector_results {
        const registers<Plan, V>& r;
        const registers<Plan, V>& u;
        typename A::bits noise[std::max<std::size_t>(Plan::noise_numbers, 1)]{};

        FURL_INLINE vector_results(const registers<Plan, V>& values, const registers<Plan, V>& uniforms, const key_list& all,
                                   std::size_t number)
            : r(values), u(uniforms) {
            for (std::size_t k = 0; k < Plan::noise_numbers; ++k)
                noise[k] = mixed_once(all[Plan::random_streams.size() + k], A::indices(number));
        }

        template <std::size_t K>
        FURL_INLINE V value() const {
            return result<Plan::streams[K].store>(r, u);
        }

        // Returns 16 random bits for each element.
        template <std::size_t K>
        FURL_INLINE typename A::bits noise_of() const {
            if constexpr (Plan::template format<K>::random) {
                constexpr auto slot = [] {
                    std::size_t i = 0;
                    while (Plan::noisy_streams[i] != K) ++i;
                    return i;
                }();
                if constexpr (slot % 2 == 0) return noise[slot / 2] & 0xffffu;
                else return noise[slot / 2] >> 16;
            } else {
                return typename A::bits{};
            }
        }
    };

    // Whether the format stores two vectors at once.
    template <std::size_t K>
    static constexpr bool in_pairs = requires(V x, typename A::bits noise) {
        Plan::template format<K>::template store_two<A>(nullptr, nullptr, 0, x, x, noise, noise);
    };

    template <std::size_t K>
    static FURL_INLINE void store_stream(const vector_results& x, const pointers& buffers, std::size_t offset) {
        using format = typename Plan::template format<K>;
        format::template store<A>(buffers[K], buffers[Plan::companion_buffer(K)], offset, x.template value<K>(),
                                  x.template noise_of<K>());
    }

    static FURL_INLINE void store(const vector_results& x, const pointers& buffers, std::size_t offset) {
        for_each_written([&]<std::size_t K>() FURL_INLINE_LAMBDA { store_stream<K>(x, buffers, offset); });
    }

    // Stores the streams whose format stores one vector at a time; store_pairs stores the others.
    static FURL_INLINE void store_singles(const vector_results& x, const pointers& buffers, std::size_t offset) {
        for_each_written([&]<std::size_t K>() FURL_INLINE_LAMBDA {
            if constexpr (!in_pairs<K>) store_stream<K>(x, buffers, offset);
        });
    }
    static FURL_INLINE void store_pairs(const vector_results& x, const vector_results& y, const pointers& buffers,
                                        std::size_t offset) {
        for_each_written([&]<std::size_t K>() FURL_INLINE_LAMBDA {
            if constexpr (in_pairs<K>)
                Plan::template format<K>::template store_two<A>(buffers[K], buffers[Plan::companion_buffer(K)], offset,
                                                                x.template value<K>(), y.template value<K>(),
                                                                x.template noise_of<K>(), y.template noise_of<K>());
        });
    }

    // This has room for two vectors of each buffer.
    struct vector_buffer {
        alignas(64) std::byte values[Plan::buffers.size()][2 * width * sizeof(double)];
        pointers buffers;

        FURL_INLINE vector_buffer() {
            for (std::size_t p = 0; p < buffers.size(); ++p) buffers[p] = values[p];
        }

        /// Copies n values of each written stream to their memory.
        FURL_INLINE void copy_back(const pointers& to, std::size_t offset, std::size_t n) const {
            for_each_buffer([&]<std::size_t P>() FURL_INLINE_LAMBDA {
                constexpr auto buffer = Plan::buffers[P];
                if constexpr (Plan::streams[buffer.stream].store >= 0)
                    std::memcpy(to[P] + offset * buffer.bytes, values[P], n * buffer.bytes);
            });
        }
    };

    // A padded copy of the last n elements, which are fewer than a vector. The same code runs on it, so they get the same bits
    // as any others. The padding repeats elements, because a rule could divide by zero for a made-up value.
    struct padded_copy : vector_buffer {
        FURL_INLINE padded_copy(const pointers& from, std::size_t offset, std::size_t n) {
#if defined(__GNUC__)
            if (n >= width) __builtin_unreachable();  // else g++ 16 warns of copies past the end
#endif
            for_each_buffer([&]<std::size_t P>() FURL_INLINE_LAMBDA {
                constexpr auto buffer = Plan::buffers[P];
                if constexpr (Plan::reads(Pass, buffer.stream)) {
                    constexpr auto vector = width * buffer.bytes;
                    const auto size = n * buffer.bytes;
                    auto* const to = this->values[P];
                    const auto* const end = from[P] + offset * buffer.bytes + size;
                    if (offset + n >= width) {
                        // The vector that ends here is copied twice: the elements are the last of the first copy, and the second
                        // follows them.
                        std::memcpy(to, end - vector, vector);
                        std::memcpy(to + vector, end - vector, vector);
                        this->buffers[P] = to + vector - size;
                    } else {
                        std::memcpy(to, end - size, size);
                        for (auto i = n; i < width; ++i) std::memcpy(to + i * buffer.bytes, end - buffer.bytes, buffer.bytes);
                    }
                }
            });
        }
    };

    /// Runs the last pass: reads and writes n elements, the first of which is number `from` of its tensor.
    FURL_FLATTEN static void write(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n,
                                   std::size_t from) {
        const pointers buffers = given;
        const auto keys = uniforms.keys;
        const auto columns = uniforms.columns;
        const auto matrices = uniforms.matrices;
        const registers<Plan, V> u = spread<Plan, Pass, V>(uniforms);
        const auto evaluate = [&](registers<Plan, V>& r, const pointers& at, std::size_t offset, std::size_t number)
                                  FURL_INLINE_LAMBDA {
            evaluate_elements<Plan, Pass>(r, u, vector_leaves<Plan, V>{at, offset, keys, from + number, columns, number, matrices});
            return vector_results{r, u, keys, from + number};
        };
        // Elements at the end that fill no vector are computed with the last whole vector, before any of it is stored. Its other
        // lanes are computed twice, with the same bits.
        const bool overlaps = n % width != 0 && n >= width;
        vector_buffer last;
        if (overlaps) {
            registers<Plan, V> r;
            store(evaluate(r, buffers, n - width, n - width), last.buffers, 0);
        }
        std::size_t i = 0;
        const auto write_two = [&](std::size_t at) FURL_INLINE_LAMBDA {
            // A vector is stored before the next is loaded, so that few registers are needed.
            registers<Plan, V> r, s;
            const auto first = evaluate(r, buffers, at, at);
            store_singles(first, buffers, at);
            const auto second = evaluate(s, buffers, at + width, at + width);
            store_singles(second, buffers, at + width);
            store_pairs(first, second, buffers, at);
        };
        for (; i + 4 * width <= n; i += 4 * width) {  // 1 to 2 % faster than two at a time when not in cache
            write_two(i);
            write_two(i + 2 * width);
        }
        if (i + 2 * width <= n) {
            write_two(i);
            i += 2 * width;
        }
        if (i + width <= n) {
            registers<Plan, V> r;
            store(evaluate(r, buffers, i, i), buffers, i);
            i += width;
        }
        if (overlaps) {
            last.copy_back(buffers, n - width, width);
        } else if (n > 0 && n < width) {
            padded_copy pad(buffers, 0, n);
            registers<Plan, V> r;
            store(evaluate(r, pad.buffers, 0, 0), pad.buffers, 0);
            pad.copy_back(buffers, 0, n);
        }
    }

    /// The reductions of elements that this pass makes, except those over columns, as positions in Plan::order.reductions.
    static constexpr auto reductions = [] {
        static_vector<std::size_t, Plan::size> list;
        for (std::size_t i = 0; i < Plan::order.reductions.size(); ++i) {
            const auto& x = Plan::program[Plan::order.reductions[i]];
            if (Plan::program.reads_elements(x) && x.where != domain::column && Plan::order.level[x.operands[0]] == static_cast<std::int16_t>(Pass))
                list.push_back(i);
        }
        return list;
    }();

    /// Whether there are any, over columns or others.
    static constexpr bool reduces = [] {
        for (auto r : Plan::order.reductions)
            if (Plan::program.reads_elements(Plan::program[r]) && Plan::order.level[Plan::program[r].operands[0]] == static_cast<std::int16_t>(Pass))
                return true;
        return false;
    }();

    template <std::size_t R>
    static constexpr std::int16_t reduction = Plan::order.reductions[reductions[R]];

    template <std::size_t R>
    using combine = combining<Plan::program[reduction<R>].code>;

    /// Runs a pass that only reads: results[i] becomes the i-th reduction of Plan::order.reductions, for those of this pass.
    /// Sums and maxima of magnitudes both start from 0. The n elements are at most a span, and the first is number `from` of its
    /// tensor.
    static void reduce(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n, std::size_t from,
                       double* results) {
        reduce_once(given, uniforms, n, from, results);
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            if constexpr ((of_products<R> || ...)) {
                const std::array by{(of_products<R> ? scale_for(results[reductions[R]]) : scale{})...};
                if (((by[R] != scale{}) || ...)) [[unlikely]] reduce_again(given, uniforms, n, from, results, by);
            }
        }(std::make_index_sequence<reductions.size()>{});
    }

  private:
    FURL_FLATTEN static void reduce_once(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n,
                                         std::size_t from, double* results) {
        static_assert(reduction_lanes % width == 0);
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            const pointers buffers = given;
            const auto keys = uniforms.keys;
            const auto columns = uniforms.columns;
            const auto matrices = uniforms.matrices;
            const auto partials = uniforms.column_partials;
            const registers<Plan, V> u = spread<Plan, Pass, V>(uniforms);
            std::tuple<pairwise_tree<combine<R>>...> trees;
            for (std::size_t begin = 0; begin < n; begin += reduction_segment) {
                const auto end = std::min(n, begin + reduction_segment);
                V lanes[std::max<std::size_t>(sizeof...(R), 1)][lane_vectors];
                for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA { ((lanes[R][K] = A::broadcast(T{0})), ...); });
                const auto values = [&](registers<Plan, V>& r, const pointers& at, std::size_t offset, std::size_t number)
                                        FURL_INLINE_LAMBDA {
                    evaluate_elements<Plan, Pass>(r, u, vector_leaves<Plan, V>{at, offset, keys, from + number, columns, number, matrices});
                };
                std::size_t i = begin;
                for (; i + reduction_lanes <= end; i += reduction_lanes)
                    for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA {
                        registers<Plan, V> r;
                        values(r, buffers, i + K * width, i + K * width);
                        ((lanes[R][K] = combine<R>{}(lanes[R][K], result<operand<R>>(r, u))), ...);
                        collect_columns(r, u, partials, i + K * width, [](V x) FURL_INLINE_LAMBDA { return x; });
                    });
                if (i < end) {
                    // This is a copy, because an index that the compiler does not know would keep the lanes in memory.
                    V rest[std::max<std::size_t>(sizeof...(R), 1)][lane_vectors];
                    for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA { ((rest[R][K] = lanes[R][K]), ...); });
                    std::size_t k = 0;
                    const auto add = [&](auto... x) FURL_INLINE_LAMBDA {
                        ((rest[R][k] = combine<R>{}(rest[R][k], x)), ...);
                    };
                    registers<Plan, V> r;
                    for (; i + width <= end; i += width, ++k) {
                        values(r, buffers, i, i);
                        add(result<operand<R>>(r, u)...);
                        collect_columns(r, u, partials, i, [](V x) FURL_INLINE_LAMBDA { return x; });
                    }
                    if (i < end && end >= width) {
                        // These elements are read in the vector that ends here, and its other elements are left out.
                        values(r, buffers, end - width, end - width);
                        add(A::last_of(result<operand<R>>(r, u), end - i)...);
                        collect_columns(r, u, partials, i, [&](V x) FURL_INLINE_LAMBDA { return A::last_of(x, end - i); });
                    } else if (i < end) {
                        padded_copy pad(buffers, i, end - i);
                        values(r, pad.buffers, 0, i);
                        add(first_of(result<operand<R>>(r, u), end - i)...);
                        collect_columns(r, u, partials, i, [&](V x) FURL_INLINE_LAMBDA { return first_of(x, end - i); });
                    }
                    for_each_lane_vector([&]<std::size_t K>() FURL_INLINE_LAMBDA { ((lanes[R][K] = rest[R][K]), ...); });
                }
                (std::get<R>(trees).push(fold(lanes[R], combine<R>{})), ...);
            }
            ((results[reductions[R]] = std::get<R>(trees).result()), ...);
        }(std::make_index_sequence<reductions.size()>{});
    }

    // Adds a vector to what is collected of each reduction over columns; `column` is the first of its columns in the piece.
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
    static constexpr bool of_products = sums_products<Plan, T, reduction<R>>;

    template <std::size_t R>
    static FURL_INLINE V scaled_result(const registers<Plan, V>& r, const registers<Plan, V>& u, scale by) {
        if constexpr (of_products<R>) {
            constexpr auto factors = Plan::program[operand<R>].operands;
            return scaled_product<A, factors[0] == factors[1]>(r.value[factors[0]], r.value[factors[1]], by);
        } else {
            return result<operand<R>>(r, u);
        }
    }

    // Does the same with scaled products, in the same order. It runs seldom, so it is short rather than fast.
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
    static constexpr std::int16_t operand = Plan::program[reduction<R>].operands[0];

    static constexpr std::size_t lane_vectors = reduction_lanes / width;

    // These call visit<K>() for each vector of lanes, visit<K>() for each stream that is written, and visit<P>() for each buffer.
    template <class Visit>
    static FURL_INLINE void for_each_lane_vector(Visit visit) {
        [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
            (visit.template operator()<K>(), ...);
        }(std::make_index_sequence<lane_vectors>{});
    }
    template <class Visit>
    static FURL_INLINE void for_each_written(Visit visit) {
        [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
            (
                [&]() FURL_INLINE_LAMBDA {
                    if constexpr (Plan::streams[K].store >= 0) visit.template operator()<K>();
                }(),
                ...);
        }(std::make_index_sequence<Plan::streams.size()>{});
    }
    template <class Visit>
    static FURL_INLINE void for_each_buffer(Visit visit) {
        [&]<std::size_t... P>(std::index_sequence<P...>) FURL_INLINE_LAMBDA {
            (visit.template operator()<P>(), ...);
        }(std::make_index_sequence<Plan::buffers.size()>{});
    }

    // Returns the first `valid` values of x, and 0 for the others.
    static FURL_INLINE V first_of(V x, std::size_t valid) {
        return A::select(A::less(A::from_integers(A::indices(0)), A::broadcast(static_cast<T>(valid))), x, A::broadcast(T{0}));
    }

    // Does the tree of fold_lanes with whole vectors, as far as it consists of these.
    template <std::size_t Vectors, class Combine>
    static FURL_INLINE double fold(V (&x)[Vectors], Combine combine) {
        constexpr auto left = std::max<std::size_t>(double_lanes / width, 1);
        meet_pairwise<Vectors / 2, left>(x, combine);
        alignas(64) T lanes[left * width];
        for (std::size_t k = 0; k < left; ++k) A::store(lanes + k * width, x[k]);
        return fold_lanes(lanes, combine);
    }
};

}  // namespace detail

}  // namespace furl
