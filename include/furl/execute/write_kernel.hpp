#pragma once

#include <furl/execute/kernel.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace FURL_NAMESPACE::detail {

/// The loop of the last pass, which writes.
template <class Plan, std::size_t Pass, class V>
class write_kernel : kernel<Plan, Pass, V> {
    using base = kernel<Plan, Pass, V>;
    using A = arithmetic<V>;
    using T = typename A::element;
    using typename base::key_list;
    using typename base::pointers;
    static constexpr std::size_t width = A::width;
    using typename base::padded_copy;
    using typename base::vector_buffer;

    // The results of one vector, to be stored. `number` is the number of its first element in the tensor.
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
            return base::template result<Plan::streams[K].store>(r, u);
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

    // Calls visit<K>() for each stream that is written.
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
    // Loads two vectors of each stream that the first pass of this walk reads, from the element at `at` on. So they are in cache
    // when that pass comes to the next batch of rows. These are no prefetches, because a processor reads far ahead only of loads.
    static FURL_INLINE void read_ahead(const pointers& buffers, std::size_t at) {
        constexpr auto first = Plan::order.first[Plan::order.walk_of(Pass)];
        [&]<std::size_t... P>(std::index_sequence<P...>) FURL_INLINE_LAMBDA {
            (
                [&]() FURL_INLINE_LAMBDA {
                    constexpr auto buffer = Plan::buffers[P];
                    if constexpr (Plan::reads(first, buffer.stream) && buffer.block == 1)
                        for (std::size_t line = 0; line < 2 * width * buffer.bytes; line += 64)
                            static_cast<void>(*static_cast<const volatile std::byte*>(buffers[P] + at * buffer.bytes + line));
                }(),
                ...);
        }(std::make_index_sequence<Plan::buffers.size()>{});
    }

    static constexpr bool may_read_ahead = Plan::has_lines && Plan::order.first[Plan::order.walk_of(Pass)] < Pass;

  public:
    /// Runs the last pass: reads and writes n elements, the first of which is number `from` of its tensor.
    ///
    /// @tparam Expanded  whether uniforms.rows has a copy of the values of rows for each element.
    template <bool Expanded = false>
    FURL_FLATTEN static void run(const pointers& given, const uniform_values<Plan, Pass, T>& uniforms, std::size_t n, std::size_t from) {
        const pointers buffers = given;
        const auto keys = uniforms.keys;
        const auto columns = uniforms.columns;
        const auto matrices = uniforms.matrices;
        [[maybe_unused]] const auto ahead = uniforms.ahead;
        const registers<Plan, V> u = spread<Plan, Pass, V>(uniforms);
        [[maybe_unused]] const auto rows = uniforms.rows;
        const auto evaluate = [&](registers<Plan, V>& r, registers<Plan, V>& own, const pointers& at, std::size_t offset, std::size_t number)
                                  FURL_INLINE_LAMBDA {
            const vector_leaves<Plan, V> leaves{at, offset, keys, from + number, columns, number, matrices};
            if constexpr (Expanded) {
                load_rows<Plan, Pass, V>(rows, number, u, own);
                evaluate_elements<Plan, Pass>(r, own, leaves);
                return vector_results{r, own, keys, from + number};
            } else {
                evaluate_elements<Plan, Pass>(r, u, leaves);
                return vector_results{r, u, keys, from + number};
            }
        };
        // Elements at the end that fill no vector are computed in the vector that ends there, before any of it is stored. Its other
        // elements are computed twice, with the same bits.
        const bool overlaps = n % width != 0 && n >= width;
        vector_buffer last;
        if (overlaps) {
            registers<Plan, V> r, own;
            store(evaluate(r, own, buffers, n - width, n - width), last.buffers, 0);
        }
        std::size_t i = 0;
        const auto write_two = [&](std::size_t at) FURL_INLINE_LAMBDA {
            if constexpr (may_read_ahead)
                if (ahead[0] > 0) read_ahead(buffers, at + ahead[0]);
            // A vector is stored before the next is loaded, so that few registers are needed.
            registers<Plan, V> r, s, own_r, own_s;
            const auto first = evaluate(r, own_r, buffers, at, at);
            store_singles(first, buffers, at);
            const auto second = evaluate(s, own_s, buffers, at + width, at + width);
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
            registers<Plan, V> r, own;
            store(evaluate(r, own, buffers, i, i), buffers, i);
            i += width;
        }
        if (overlaps) {
            last.copy_back(buffers, n - width, width);
        } else if (n > 0 && n < width) {
            padded_copy pad(buffers, 0, n);
            registers<Plan, V> r, own;
            store(evaluate(r, own, pad.buffers, 0, 0), pad.buffers, 0);
            pad.copy_back(buffers, 0, n);
        }
    }
};

}  // namespace furl::detail
