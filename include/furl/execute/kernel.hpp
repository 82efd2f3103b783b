#pragma once

#include <furl/execute/evaluate.hpp>
#include <furl/execute/reduction_tree.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace furl {

namespace detail {

/// The streams of one tensor: where each one starts.
template <class Plan, class T>
using stream_pointers = std::array<T*, Plan::streams.size()>;

/// The values of step and tensor rate that a pass reads, rounded once to the element type, and the keys of its random
/// numbers.
template <class Plan, std::size_t Pass, class T>
struct uniform_values {
    std::array<T, Plan::order.uniforms[Pass].size()> values{};
    std::array<random_key, Plan::random_streams.size()> keys{};
};

template <class Plan, std::size_t Pass, class T>
FURL_INLINE uniform_values<Plan, Pass, T> round_uniforms(const registers<Plan, double>& scalars) {
    constexpr const auto& list = Plan::order.uniforms[Pass];
    uniform_values<Plan, Pass, T> result{};
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        ((result.values[K] = info(Plan::program[list[K]].code).is_condition
                          ? static_cast<T>(scalars.truth[list[K]])
                          : static_cast<T>(scalars.value[list[K]])),
         ...);
    }(std::make_index_sequence<list.size()>{});
    return result;
}

// One kernel's view of memory. A copy of the pointers, so that no store can make the compiler load them again.
template <class Plan, class V, class Element = typename arithmetic<V>::element>
struct vector_leaves {
    stream_pointers<Plan, Element> streams;
    std::size_t offset;  // where to read
    std::array<random_key, Plan::random_streams.size()> keys{};
    std::size_t element = 0;  // the number of the first element, which offset is not in a padded copy

    template <std::int16_t I>
    FURL_INLINE V get() const {
        return arithmetic<V>::load(streams[Plan::stream_of(I)] + offset);
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

/// How two partial results of a reduction become one.
template <op Code>
struct combining {
    template <class X>
    FURL_INLINE X operator()(X a, X b) const {
        if constexpr (tensor_form(Code) == op::reduce_sum) return arithmetic<X>::add(a, b);
        else return compute<op::maximum>(a, b);
    }
};

template <class Plan, std::size_t Pass, class V>
struct kernel {
    using A = arithmetic<V>;
    using T = typename A::element;
    using pointers = stream_pointers<Plan, T>;
    static constexpr std::size_t width = A::width;
    static constexpr std::size_t stream_count = Plan::streams.size();

    static FURL_INLINE registers<Plan, V> spread(const uniform_values<Plan, Pass, T>& given) {
        constexpr const auto& list = Plan::order.uniforms[Pass];
        registers<Plan, V> u;
        [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
            ((u.value[list[K]] = A::broadcast(given.values[K])), ...);
            (
                [&]() FURL_INLINE_LAMBDA {
                    if constexpr (info(Plan::program[list[K]].code).is_condition)
                        u.truth[list[K]] = A::not_equal(u.value[list[K]], A::broadcast(T{0}));
                }(),
                ...);
        }(std::make_index_sequence<list.size()>{});
        return u;
    }

    template <std::int16_t I>
    static FURL_INLINE V result(const registers<Plan, V>& r, const registers<Plan, V>& u) {
        if constexpr (Plan::program.is_element(I)) return r.value[I];
        else return u.value[I];
    }

    static FURL_INLINE void store(const registers<Plan, V>& r, const registers<Plan, V>& u, const pointers& streams,
                                  std::size_t offset) {
        [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
            (
                [&]() FURL_INLINE_LAMBDA {
                    constexpr auto value = Plan::streams[K].store;
                    if constexpr (value >= 0) A::store(streams[K] + offset, result<value>(r, u));
                }(),
                ...);
        }(std::make_index_sequence<stream_count>{});
    }

    // Room for a vector of each stream.
    struct vector_buffer {
        alignas(64) T values[stream_count][width];
        pointers streams;

        FURL_INLINE vector_buffer() {
            for (std::size_t k = 0; k < stream_count; ++k) streams[k] = values[k];
        }

        /// Copies n values of each stream that is written, from lane `first` on.
        FURL_INLINE void copy_back(const pointers& to, std::size_t offset, std::size_t n, std::size_t first = 0) const {
            for (std::size_t k = 0; k < stream_count; ++k)
                if (Plan::streams[k].store >= 0)
                    for (std::size_t i = 0; i < n; ++i) to[k][offset + i] = values[k][first + i];
        }
    };

    // The last few elements: the same code on a padded copy, so that they get the same bits as any others. The padding
    // repeats an element, because a made-up value could divide by zero.
    struct padded_copy : vector_buffer {
        FURL_INLINE padded_copy(const pointers& from, std::size_t offset, std::size_t n) {
            auto& to = this->values;
            [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
                (
                    [&]() FURL_INLINE_LAMBDA {
                        if constexpr (Plan::reads(Pass, K))
                            for (std::size_t i = 0; i < width; ++i)
                                to[K][i] = from[K][offset + std::min(i, n - 1)];
                    }(),
                    ...);
            }(std::make_index_sequence<stream_count>{});
        }
    };

    /// The last pass: reads and writes n elements, of which the first is number `from` of its tensor.
    static void write(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n,
                      std::size_t from) {
        const pointers streams = given;
        const auto keys = uniforms.keys;
        const registers<Plan, V> u = spread(uniforms);
        std::size_t i = 0;
        for (; i + 2 * width <= n; i += 2 * width) {
            registers<Plan, V> first, second;
            evaluate_elements<Plan, Pass>(first, u, vector_leaves<Plan, V>{streams, i, keys, from + i});
            evaluate_elements<Plan, Pass>(second, u, vector_leaves<Plan, V>{streams, i + width, keys, from + i + width});
            store(first, u, streams, i);
            store(second, u, streams, i + width);
        }
        if (i + width <= n) {
            registers<Plan, V> r;
            evaluate_elements<Plan, Pass>(r, u, vector_leaves<Plan, V>{streams, i, keys, from + i});
            store(r, u, streams, i);
            i += width;
        }
        if (i < n && n >= width) {
            // The last vector that is whole: its first lanes are done already, and are not stored again.
            const auto begin = n - width;
            vector_buffer last;
            registers<Plan, V> r;
            evaluate_elements<Plan, Pass>(r, u, vector_leaves<Plan, V>{streams, begin, keys, from + begin});
            store(r, u, last.streams, 0);
            last.copy_back(streams, i, n - i, i - begin);
        } else if (i < n) {
            padded_copy pad(streams, i, n - i);
            registers<Plan, V> r;
            evaluate_elements<Plan, Pass>(r, u, vector_leaves<Plan, V>{pad.streams, 0, keys, from + i});
            store(r, u, pad.streams, 0);
            pad.copy_back(streams, i, n - i);
        }
    }

    /// The reductions that this pass ends with, as positions in Plan::order.reductions.
    static constexpr auto reductions = [] {
        static_vector<std::size_t, Plan::size> list;
        for (std::size_t i = 0; i < Plan::order.reductions.size(); ++i)
            if (Plan::order.level[Plan::order.reductions[i]] == static_cast<std::int16_t>(Pass) + 1) list.push_back(i);
        return list;
    }();

    template <std::size_t R>
    static constexpr std::int16_t reduction = Plan::order.reductions[reductions[R]];

    template <std::size_t R>
    using combine = combining<Plan::program[reduction<R>].code>;

    /// A reading pass: results[i] becomes the i-th reduction of Plan::order.reductions, for those of this pass. Sums and
    /// maxima of magnitudes both start from 0. The first element is number `from` of its tensor.
    static void reduce(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n,
                       std::size_t from, double* results) {
        static_assert(reduction_lanes % width == 0);
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            const pointers streams = given;
            const auto keys = uniforms.keys;
            const registers<Plan, V> u = spread(uniforms);
            constexpr std::size_t vectors = reduction_lanes / width;
            auto trees = std::make_tuple(block_tree(combine<R>{})...);
            for (std::size_t begin = 0; begin < n; begin += reduction_block) {
                const auto end = std::min(n, begin + reduction_block);
                V lanes[sizeof...(R)][vectors];
                for (auto& lane : lanes)
                    for (auto& v : lane) v = A::broadcast(T{0});
                std::size_t i = begin;
                for (; i + reduction_lanes <= end; i += reduction_lanes)
                    for (std::size_t k = 0; k < vectors; ++k) {
                        registers<Plan, V> r;
                        evaluate_elements<Plan, Pass>(
                            r, u, vector_leaves<Plan, V>{streams, i + k * width, keys, from + i + k * width});
                        ((lanes[R][k] = combine<R>{}(lanes[R][k], result<operand<R>>(r, u))), ...);
                    }
                for (std::size_t k = 0; k < vectors && i + k * width < end; ++k) {
                    const auto valid = std::min(width, end - i - k * width);
                    padded_copy pad(streams, i + k * width, valid);
                    registers<Plan, V> r;
                    evaluate_elements<Plan, Pass>(
                        r, u, vector_leaves<Plan, V>{pad.streams, 0, keys, from + i + k * width});
                    ((lanes[R][k] = combine<R>{}(lanes[R][k], first_of(result<operand<R>>(r, u), valid))), ...);
                }
                (std::get<R>(trees).push(fold(lanes[R], combine<R>{})), ...);
            }
            ((results[reductions[R]] = std::get<R>(trees).result()), ...);
        }(std::make_index_sequence<reductions.size()>{});
    }

  private:
    template <std::size_t R>
    static constexpr std::int16_t operand = Plan::program[reduction<R>].operands[0];

    // The first values of x, and 0 for the others.
    static FURL_INLINE V first_of(V x, std::size_t valid) {
        alignas(64) T lanes[width];
        A::store(lanes, x);
        std::fill(lanes + valid, lanes + width, T{0});
        return A::load(lanes);
    }

    template <std::size_t Vectors, class Combine>
    static double fold(const V (&x)[Vectors], Combine combine) {
        alignas(64) T lanes[reduction_lanes];
        for (std::size_t k = 0; k < Vectors; ++k) A::store(lanes + k * width, x[k]);
        return fold_lanes(lanes, combine);
    }
};

}  // namespace detail

/// The product: fused passes of kernels over V.
template <class V>
struct fused_executor {
    template <class Plan>
    struct bound {
        using T = typename arithmetic<V>::element;

        /// Any run of whole spans can be done by itself, by any thread.
        static constexpr bool in_pieces = true;

        explicit bound(std::size_t) {}

        /// The elements from number `from` on, n of them; the streams start at the first of these.
        template <std::size_t Pass>
        static void run(const detail::stream_pointers<Plan, T>& streams,
                        const detail::uniform_values<Plan, Pass, T>& uniforms, std::size_t n, std::size_t from,
                        double* reductions) {
            using kernel = detail::kernel<Plan, Pass, V>;
            if constexpr (Pass + 1 == Plan::order.passes) kernel::write(streams, uniforms, n, from);
            else kernel::reduce(streams, uniforms, n, from, reductions);
        }
    };
};

}  // namespace furl
