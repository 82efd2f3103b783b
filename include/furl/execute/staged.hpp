#pragma once

#include <furl/execute/block8.hpp>
#include <furl/execute/kernel.hpp>
#include <furl/execute/partition.hpp>

#include <algorithm>

namespace furl::detail {

/// A storage policy with the values of blocks in place of the blocks.
template <class Storage>
struct decoded_blocks {
    template <class Key, class T>
    using format = std::conditional_t<(Storage::template format<Key, T>::block > 1), nearest<T>,
                                      typename Storage::template format<Key, T>>;
};

/// Passes over streams of which some are stored in blocks: these are decoded into a buffer, which stays in cache, the
/// ordinary kernel runs on that, and they are encoded again.
template <class Plan, std::size_t Pass, class V>
class staged_kernel {
    using A = arithmetic<V>;
    using T = typename A::element;
    using decoded = stored_plan<typename Plan::unstored, T, decoded_blocks<typename Plan::storage>>;
    using kernel = detail::kernel<decoded, Pass, V>;
    using pointers = place_pointers<Plan>;
    using uniforms = uniform_values<Plan, Pass, T>;
    static constexpr std::size_t streams = Plan::block_streams.size();

    template <std::size_t Size>
    struct buffers {
        alignas(64) T values[streams][Size];
    };

    // Where the decoded plan finds its streams.
    template <std::size_t Size>
    static FURL_INLINE place_pointers<decoded> staged(const pointers& places, buffers<Size>& to) {
        place_pointers<decoded> result{};
        [&]<std::size_t... P>(std::index_sequence<P...>) FURL_INLINE_LAMBDA {
            ((result[P] = places[P < Plan::stream_count ? P : Plan::rest_place(decoded::places[P].stream)]), ...);
        }(std::make_index_sequence<decoded::places.size()>{});
        for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
            result[K] = reinterpret_cast<std::byte*>(to.values[B]);
        });
        return result;
    }

    static uniform_values<decoded, Pass, T> staged(const uniforms& given) {
        uniform_values<decoded, Pass, T> result{given.values};
        std::copy_n(given.keys.begin(), result.keys.size(), result.keys.begin());
        return result;
    }

    template <class Visit>
    static FURL_INLINE void for_each_block_stream(Visit visit) {
        [&]<std::size_t... B>(std::index_sequence<B...>) FURL_INLINE_LAMBDA {
            (visit.template operator()<B, Plan::block_streams[B]>(), ...);
        }(std::make_index_sequence<streams>{});
    }

    template <std::size_t Size>
    static FURL_INLINE void decode(const pointers& places, std::size_t at, std::size_t n, buffers<Size>& to) {
        for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
            if constexpr (Plan::reads(Pass, K))
                for (std::size_t i = 0; i < n; i += Plan::block)
                    Plan::template format<K>::template decode<A>(places[K] + at + i, scale<K>(places, at + i),
                                                                to.values[B] + i, std::min(n - i, Plan::block));
        });
    }

    template <std::size_t K>
    static FURL_INLINE std::byte* scale(const pointers& places, std::size_t at) {
        return places[Plan::rest_place(K)] + at / Plan::block * sizeof(float);
    }

    // number: of the first element in its tensor.
    static FURL_INLINE void encode(const pointers& places, std::size_t at, std::size_t n, buffers<Plan::block>& from,
                                   const uniforms& given, std::size_t number) {
        const auto whole = (n + A::width - 1) / A::width * A::width;
        V factor[streams];
        for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
            if constexpr (Plan::streams[K].store >= 0) {
                std::fill(from.values[B] + n, from.values[B] + whole, T{0});
                factor[B] = A::broadcast(Plan::template format<K>::template measure<A>(from.values[B], n, scale<K>(places, at)));
            }
        });
        constexpr auto first_key = Plan::random_keys - (streams + 1) / 2;
        for (std::size_t i = 0; i < n; i += A::width) {
            // Two streams share 32 bits: 20 for each, of which the least are the other's as well.
            typename A::bits noise{};
            for_each_block_stream([&]<std::size_t B, std::size_t K>() FURL_INLINE_LAMBDA {
                if constexpr (B % 2 == 0) noise = mixed_once(given.keys[first_key + B / 2], A::indices(number + i));
                else noise = noise >> 12;
                if constexpr (Plan::streams[K].store >= 0)
                    A::template store_bits<std::uint8_t>(
                        places[K] + at + i, Plan::template format<K>::template encode<A>(A::load(from.values[B] + i), factor[B],
                                                                                       B % 2 == 0 ? noise & 0xfffffu : noise));
            });
        }
    }

  public:
    static void write(const pointers& given, const uniforms& u, std::size_t n, std::size_t from) {
        const pointers places = given;
        const auto staged_uniforms = staged(u);
        buffers<Plan::block> buffer;
        for (std::size_t at = 0; at < n; at += Plan::block) {
            const auto part = std::min(n - at, Plan::block);
            decode(places, at, part, buffer);
            auto to = places;
            advance<Plan>(to, at);
            kernel::write(staged(to, buffer), staged_uniforms, part, from + at);
            encode(places, at, part, buffer, u, from + at);
        }
    }

    /// At most a span.
    static void reduce(const pointers& places, const uniforms& u, std::size_t n, std::size_t from, double* results) {
        buffers<partition::span_size> buffer;
        decode(places, 0, n, buffer);
        kernel::reduce(staged(places, buffer), staged(u), n, from, results);
    }
};

}  // namespace furl::detail
