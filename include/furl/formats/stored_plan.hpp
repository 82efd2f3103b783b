#pragma once

#include <furl/formats/formats.hpp>
#include <furl/program/plan.hpp>

#include <array>
#include <utility>

namespace FURL_NAMESPACE {

/// All streams as the type that is computed in. The default.
struct stored_as_computed {
    /// The format of a stream, by its key: kind and name.
    template <class Key, class T>
    using format = nearest<T>;
};

/// A plan whose streams lie in memory as a storage policy says. A place is a piece of memory: the main memory of each
/// stream, in their order, then the rests of those whose format has one.
template <class Plan, class T, class Storage = stored_as_computed>
struct stored_plan : Plan {
    using value_type = T;     ///< what is computed with
    using unstored = Plan;    ///< the plan itself
    using storage = Storage;  ///< the policy
    static constexpr std::size_t stream_count = Plan::streams.size();  ///< streams

    /// What a storage policy sees of a stream.
    template <std::size_t K>
    struct key {
        static constexpr op kind = Plan::streams[K].kind;                ///< param, grad, input or previous
        static constexpr std::string_view name = Plan::streams[K].name;  ///< of the input or state
    };

    /// The format of a stream.
    template <std::size_t K>
    using format = typename Storage::template format<key<K>, T>;

    /// Whether a stream has a rest.
    template <std::size_t K>
    static constexpr bool has_rest = !std::is_same_v<typename format<K>::rest, detail::no_rest>;

  private:
    struct facts {
        bool rest, random, reads_main;
        std::size_t block, main_bytes, rest_bytes;
    };
    template <class F>
    static constexpr std::size_t rest_bytes = std::is_same_v<typename F::rest, detail::no_rest> ? 0 : sizeof(typename F::rest);
    static constexpr auto table = []<std::size_t... K>(std::index_sequence<K...>) {
        return std::array{facts{has_rest<K>, format<K>::random, !requires { format<K>::begin; }, format<K>::block, sizeof(typename format<K>::element),
                                rest_bytes<format<K>>}...};
    }(std::make_index_sequence<stream_count>{});

  public:
    /// The memory of one stream: whose it is, and how it grows.
    struct place {
        std::size_t stream;  ///< its number
        bool is_rest;        ///< beside main memory
        std::size_t bytes;  ///< of one value
        std::size_t block;  ///< elements of a value

        /// Bytes of so many elements.
        FURL_INLINE constexpr std::size_t size(std::size_t elements) const { return (elements + block - 1) / block * bytes; }
    };

    /// The most places that a plan can have: main memory and a companion for each stream.
    static constexpr std::size_t most_places = 2 * max_streams;

    /// All places.
    static constexpr auto places = [] {
        static_vector<place, most_places> list;
        for (std::size_t k = 0; k < stream_count; ++k) list.push_back({k, false, table[k].main_bytes, 1});
        for (std::size_t k = 0; k < stream_count; ++k)
            if (table[k].rest) list.push_back({k, true, table[k].rest_bytes, table[k].block});
        return list;
    }();

    /// The place of a stream's rest; of its main memory where it has none.
    static constexpr std::size_t rest_place(std::size_t stream) {
        for (std::size_t p = stream_count; p < places.size(); ++p)
            if (places[p].stream == stream) return p;
        return stream;
    }

    /// Whether a place belongs to the optimizer: states, and rests of any stream.
    static constexpr bool is_owned(std::size_t p) { return places[p].is_rest || places[p].stream >= Plan::first_state; }

    /// Whether some format takes its rest from main memory in the first step.
    static constexpr bool begins = [] {
        for (const auto& t : table)
            if (!t.reads_main) return true;
        return false;
    }();

    /// Elements that some format stores together; 1 if none does.
    static constexpr std::size_t block = [] {
        std::size_t most = 1;
        for (const auto& t : table) most = std::max(most, t.block);
        return most;
    }();

    /// The streams that are stored in blocks.
    static constexpr auto block_streams = [] {
        static_vector<std::size_t, most_places> list;
        for (std::size_t k = 0; k < stream_count; ++k)
            if (table[k].block > 1) list.push_back(k);
        return list;
    }();

    /// The others that draw random bits when they are stored; two share a number of 32 bits.
    static constexpr auto noisy_streams = [] {
        static_vector<std::size_t, most_places> list;
        for (std::size_t k = 0; k < stream_count; ++k)
            if (table[k].random && table[k].block == 1 && Plan::streams[k].store >= 0) list.push_back(k);
        return list;
    }();
    /// The numbers that they share.
    static constexpr std::size_t noise_numbers = (noisy_streams.size() + 1) / 2;

    /// Keys of random numbers: of the rule's own, then of the formats', then of blocks.
    static constexpr std::size_t random_keys =
        Plan::random_streams.size() + noise_numbers + (block_streams.size() + 1) / 2;

    /// Bytes that a step reads and writes for each parameter; rests of blocks, which are a fraction of one, not counted.
    static constexpr std::size_t bytes_per_parameter = [] {
        std::size_t bytes = 0;
        for (std::size_t k = 0; k < stream_count; ++k) {
            const auto& t = table[k];
            const auto rest = t.rest_bytes / t.block;
            for (std::size_t pass = 0; pass < Plan::order.passes; ++pass)
                if (Plan::reads(pass, k)) bytes += rest + (t.reads_main ? t.main_bytes : 0);
            if (Plan::streams[k].store >= 0) bytes += rest + t.main_bytes;
        }
        return bytes;
    }();
};

namespace detail {

/// Whether all streams are of the type that is computed in.
template <class Plan>
inline constexpr bool is_native = []<std::size_t... K>(std::index_sequence<K...>) {
    return (std::is_same_v<typename Plan::template format<K>, nearest<typename Plan::value_type>> && ...);
}(std::make_index_sequence<Plan::stream_count>{});

/// The memory of one tensor: where each place of a plan starts.
template <class Plan>
using place_pointers = std::array<std::byte*, Plan::places.size()>;

/// So many elements further.
template <class Plan>
FURL_INLINE void advance(place_pointers<Plan>& places, std::size_t elements) {
    [&]<std::size_t... P>(std::index_sequence<P...>) FURL_INLINE_LAMBDA {
        ((places[P] += Plan::places[P].size(elements)), ...);
    }(std::make_index_sequence<Plan::places.size()>{});
}

}  // namespace detail

}  // namespace furl
