#pragma once

#include <furl/execute/matrix_operands.hpp>
#include <furl/execute/partition.hpp>
#include <furl/formats/block8.hpp>

#include <algorithm>

namespace FURL_NAMESPACE::detail {

/// A storage policy that stores plain values where the given one stores blocks.
template <class Storage>
struct decoded_blocks {
    template <class Key, class T>
    using format = std::conditional_t<(Storage::template format<Key, T>::block > 1), nearest<T>,
                                      typename Storage::template format<Key, T>>;
};

/// Runs passes over streams some of which are stored in blocks. Blocks are decoded into a buffer that stays in cache, the
/// ordinary kernel runs on it, and its results are encoded again.
template <class Plan, std::size_t Pass, class V>
class block_kernel {
    using A = arithmetic<V>;
    using T = typename A::element;
    using decoded = stored_plan<typename Plan::unstored, T, decoded_blocks<typename Plan::storage>>;
    using kernel = detail::kernel<decoded, Pass, V>;
    using pointers = buffer_pointers<Plan>;
    using uniforms = uniform_values<Plan, Pass, T>;
    static constexpr std::size_t streams = Plan::block_streams.size();

    template <std::size_t Size>
    struct decoded_values {
        alignas(64) T values[streams][Size];
    };

    // Returns where the decoded plan finds its streams.
    template <std::size_t Size>
    static FURL_INLINE buffer_pointers<decoded> with_decoded(const pointers& buffers, decoded_values<Size>& to) {
        buffer_pointers<decoded> result{};
        [&]<std::size_t... P>(std::index_sequence<P...>) FURL_INLINE_LAMBDA {
            ((result[P] = buffers[P < Plan::stream_count ? P : Plan::companion_buffer(decoded::buffers[P].stream)]), ...);
        }(std::make_index_sequence<decoded::buffers.size()>{});
        for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
            result[K] = reinterpret_cast<std::byte*>(to.values[B]);
        });
        return result;
    }

    static uniform_values<decoded, Pass, T> with_decoded(const uniforms& given) {
        uniform_values<decoded, Pass, T> result{given.values, {}, given.columns, given.column_partials, given.matrices};
        std::copy_n(given.keys.begin(), result.keys.size(), result.keys.begin());
        return result;
    }

    template <class Visit>
    static FURL_INLINE void for_each_block_stream(Visit visit) {
        [&]<std::size_t... B>(std::index_sequence<B...>) FURL_INLINE_LAMBDA {
            (visit.template operator()<B, Plan::block_streams[B]>(), ...);
        }(std::make_index_sequence<streams>{});
    }

    // Vectors are decoded and encoded in groups of four. In a group that is not whole, only the codes of its own elements are
    // read and written.
    static constexpr std::size_t group = 4 * A::width;
    static_assert(Plan::block % group == 0);

    template <std::size_t K>
    static FURL_INLINE std::byte* scale(const pointers& buffers, std::size_t at) {
        return buffers[Plan::companion_buffer(K)] + at / Plan::block * sizeof(float);
    }

    // Decodes at most a block, with the scale at unit_at.
    template <class Format>
    static FURL_INLINE void decode_block(const std::byte* codes, const std::byte* unit_at, std::size_t n, T* to) {
        const auto unit = A::broadcast(arithmetic<T>::template load_as<T>(unit_at));
        const auto decode_group = [&](const std::byte* group_codes, std::size_t i) FURL_INLINE_LAMBDA {
            [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
                (A::store(to + i + K * A::width,
                          Format::template decode<A>(A::template load_bits<std::uint8_t>(group_codes + K * A::width), unit)),
                 ...);
            }(std::make_index_sequence<4>{});
        };
        std::size_t i = 0;
        for (; i + group <= n; i += group) decode_group(codes + i, i);
        if (i < n) {
            std::byte last[group]{};
            std::memcpy(last, codes + i, n - i);
            decode_group(last, i);
        }
    }

    template <std::size_t Size>
    static FURL_INLINE void decode(const pointers& buffers, std::size_t at, std::size_t n, decoded_values<Size>& to) {
        for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
            if constexpr (Plan::reads(Pass, K))
                for (std::size_t i = 0; i < n; i += Plan::block)
                    decode_block<typename Plan::template format<K>>(buffers[K] + at + i, scale<K>(buffers, at + i),
                                                                    std::min(n - i, Plan::block), to.values[B] + i);
        });
    }

    // Encodes a block, or the rest of one, from the values in the buffer from `offset` on. `number` is the number of its first
    // element in the tensor.
    template <std::size_t Size>
    static FURL_INLINE void encode_block(const pointers& buffers, std::size_t at, std::size_t n, decoded_values<Size>& buffer,
                                         std::size_t offset, const uniforms& given, std::size_t number) {
        const auto whole = (n + group - 1) / group * group;
        V factor[streams];
        for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
            if constexpr (Plan::streams[K].store >= 0) {
                auto* const values = buffer.values[B] + offset;
                if (n < whole) std::fill(values + n, values + whole, T{0});
                factor[B] = A::broadcast(Plan::template format<K>::template measure<A>(values, whole, scale<K>(buffers, at)));
            }
        });
        constexpr auto first_key = Plan::random_keys - (streams + 1) / 2;
        for (std::size_t i = 0; i < n; i += group) {
            const auto encode_group = [&]<std::size_t... G>(std::index_sequence<G...>) FURL_INLINE_LAMBDA {
                // Two streams share 32 random bits: one takes the lower 20, the other the upper 20, so 8 bits are in both.
                typename A::bits noise[4];
                for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
                    if constexpr (B % 2 == 0)
                        ((noise[G] = mixed_once(given.keys[first_key + B / 2], A::indices(number + i + G * A::width))), ...);
                    if constexpr (Plan::streams[K].store >= 0) {
                        auto* const codes = buffers[K] + at + i;
                        const bool is_whole = i + group <= n;
                        std::byte last[group];
                        A::store_bytes(is_whole ? codes : last, Plan::template format<K>::template encode<A>(
                                                                    A::load(buffer.values[B] + offset + i + G * A::width), factor[B],
                                                                    B % 2 == 0 ? noise[G] & 0xfffffu : noise[G] >> 12)...);
                        if (!is_whole) std::memcpy(codes, last, n - i);
                    }
                });
            };
            encode_group(std::make_index_sequence<4>{});
        }
    }

    // This many elements are done at a time: a few blocks, which stay in the first level of cache.
    static constexpr std::size_t batch = 4 * Plan::block;

  public:
    FURL_FLATTEN static void write(const pointers& given, const uniforms& u, std::size_t n, std::size_t from) {
        const pointers buffers = given;
        const auto decoded_uniforms = with_decoded(u);
        decoded_values<batch> buffer;
        for (std::size_t at = 0; at < n; at += batch) {
            const auto part = std::min(n - at, batch);
            decode(buffers, at, part, buffer);
            auto to = buffers;
            advance<Plan>(to, at);
            kernel::write(with_decoded(to, buffer), decoded_uniforms, part, from + at);
            for (std::size_t i = 0; i < part; i += Plan::block)
                encode_block(buffers, at + i, std::min(part - i, Plan::block), buffer, i, u, from + at + i);
        }
    }

    /// Whether the pass has reductions.
    static constexpr bool reduces = kernel::reduces;

    /// Stores the operands of functions of matrices of at most a span, or of a row of one.
    FURL_FLATTEN static void store_operands(const pointers& buffers, const uniforms& u, std::size_t n, std::size_t from) {
        decoded_values<partition::span_size> buffer;
        for (std::size_t at = 0; at < n; at += partition::span_size) {
            const auto part = std::min(n - at, partition::span_size);
            auto here = buffers;
            advance<Plan>(here, at);
            auto given = with_decoded(u);
            for (auto& m : given.matrices) m += at;
            decode(here, 0, part, buffer);
            detail::store_operands<decoded, Pass, V>(with_decoded(here, buffer), given, part, from + at);
        }
    }

    /// Reduces at most a span.
    FURL_FLATTEN static void reduce(const pointers& buffers, const uniforms& u, std::size_t n, std::size_t from, double* results) {
        decoded_values<partition::span_size> buffer;
        decode(buffers, 0, n, buffer);
        kernel::reduce(with_decoded(buffers, buffer), with_decoded(u), n, from, results);
    }
};

}  // namespace furl::detail
