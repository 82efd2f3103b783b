#pragma once

#include <furl/formats/formats.hpp>
#include <furl/language/matrix_engine.hpp>
#include <furl/program/plan.hpp>

#include <array>
#include <utility>

namespace FURL_NAMESPACE {

/// Stores all streams in the type that a step computes in. This is the default.
struct stored_as_computed {
    /// The format of a stream, by its key: kind and name.
    template <class Key, class T>
    using format = nearest<T>;
};

/// A plan whose streams lie in memory as a storage policy says. A buffer is a piece of memory: first come the main memories of
/// all streams, in their order, then the companions of the streams whose format has one.
template <class Plan, class T, class Storage = stored_as_computed, class Engine = no_matrix_engine>
struct stored_plan : Plan {
    using engine = Engine;    ///< what multiplies matrices
    using value_type = T;     ///< the type that a step computes in
    using unstored = Plan;    ///< the plan itself
    using storage = Storage;  ///< the policy
    static constexpr std::size_t stream_count = Plan::streams.size();  ///< the number of streams

    /// The part of a stream that a storage policy sees.
    template <std::size_t K>
    struct key {
        static constexpr op kind = Plan::streams[K].kind;                ///< param, grad, input or previous
        static constexpr std::string_view name = Plan::streams[K].name;  ///< the name of the input or state
    };

    /// The format of a stream.
    template <std::size_t K>
    using format = typename Storage::template format<key<K>, T>;

    /// Whether a stream has a companion.
    template <std::size_t K>
    static constexpr bool has_companion = !std::is_same_v<typename format<K>::companion, detail::no_companion>;

  private:
    struct facts {
        bool companion, random, reads_main;
        std::size_t block, main_bytes, companion_bytes;
    };
    template <class F>
    static constexpr std::size_t companion_bytes = std::is_same_v<typename F::companion, detail::no_companion> ? 0 : sizeof(typename F::companion);
    static constexpr auto table = []<std::size_t... K>(std::index_sequence<K...>) {
        return std::array{facts{has_companion<K>, format<K>::random, !requires { format<K>::begin; }, format<K>::block, sizeof(typename format<K>::element),
                                companion_bytes<format<K>>}...};
    }(std::make_index_sequence<stream_count>{});

  public:
    /// A piece of memory of a stream, and how its size grows with the elements.
    struct buffer {
        std::size_t stream;  ///< the number of the stream
        bool is_companion;        ///< whether it is the companion
        std::size_t bytes;  ///< the bytes of one value
        std::size_t block;  ///< the elements that share a value

        /// Returns the bytes for a number of elements.
        FURL_INLINE constexpr std::size_t size(std::size_t elements) const { return (elements + block - 1) / block * bytes; }
    };

    /// The most buffers that a plan can have: main memory and a companion for each stream.
    static constexpr std::size_t max_buffers = 2 * max_streams;

    /// All buffers.
    static constexpr auto buffers = [] {
        static_vector<buffer, max_buffers> list;
        for (std::size_t k = 0; k < stream_count; ++k) list.push_back({k, false, table[k].main_bytes, 1});
        for (std::size_t k = 0; k < stream_count; ++k)
            if (table[k].companion) list.push_back({k, true, table[k].companion_bytes, table[k].block});
        return list;
    }();

    /// Returns the buffer of a stream's companion, or of its main memory if it has none.
    static constexpr std::size_t companion_buffer(std::size_t stream) {
        for (std::size_t p = stream_count; p < buffers.size(); ++p)
            if (buffers[p].stream == stream) return p;
        return stream;
    }

    /// Whether the optimizer owns a buffer: it owns all states and all companions.
    static constexpr bool is_owned(std::size_t p) { return buffers[p].is_companion || buffers[p].stream >= Plan::first_state; }

    /// Whether some format fills its companion from main memory in the first step.
    static constexpr bool begins = [] {
        for (const auto& t : table)
            if (!t.reads_main) return true;
        return false;
    }();

    /// The largest number of elements that a format stores together; 1 if none does.
    static constexpr std::size_t block = [] {
        std::size_t most = 1;
        for (const auto& t : table) most = std::max(most, t.block);
        return most;
    }();

    /// The streams that are stored in blocks.
    static constexpr auto block_streams = [] {
        static_vector<std::size_t, max_buffers> list;
        for (std::size_t k = 0; k < stream_count; ++k)
            if (table[k].block > 1) list.push_back(k);
        return list;
    }();

    /// The other streams that draw random bits when they are stored. Two of them share a random number of 32 bits.
    static constexpr auto noisy_streams = [] {
        static_vector<std::size_t, max_buffers> list;
        for (std::size_t k = 0; k < stream_count; ++k)
            if (table[k].random && table[k].block == 1 && Plan::streams[k].store >= 0) list.push_back(k);
        return list;
    }();
    /// How many such numbers there are for each element.
    static constexpr std::size_t noise_numbers = (noisy_streams.size() + 1) / 2;

    /// The number of keys of random numbers: first come those of the rule, then those of the formats, then those of blocks.
    static constexpr std::size_t random_keys =
        Plan::random_streams.size() + noise_numbers + (block_streams.size() + 1) / 2;

    /// Bytes that a step reads and writes for each parameter. The companions of blocks are a fraction of a byte and are not
    /// counted.
    static constexpr std::size_t bytes_per_parameter = [] {
        std::size_t bytes = 0;
        for (std::size_t k = 0; k < stream_count; ++k) {
            const auto& t = table[k];
            const auto companion = t.companion_bytes / t.block;
            for (std::size_t walk = 0; walk < Plan::order.walks; ++walk)
                if (Plan::walk_reads(walk, k)) bytes += companion + (t.reads_main ? t.main_bytes : 0);
            if (Plan::streams[k].store >= 0) bytes += companion + t.main_bytes;
        }
        return bytes;
    }();
};

namespace detail {

/// Whether all streams are stored in the type that a step computes in.
template <class Plan>
inline constexpr bool is_native = []<std::size_t... K>(std::index_sequence<K...>) {
    return (std::is_same_v<typename Plan::template format<K>, nearest<typename Plan::value_type>> && ...);
}(std::make_index_sequence<Plan::stream_count>{});

/// The memory of one tensor: where each buffer of a plan starts.
template <class Plan>
using buffer_pointers = std::array<std::byte*, Plan::buffers.size()>;

/// Moves all pointers on by a number of elements.
template <class Plan>
FURL_INLINE void advance(buffer_pointers<Plan>& buffers, std::size_t elements) {
    [&]<std::size_t... P>(std::index_sequence<P...>) FURL_INLINE_LAMBDA {
        ((buffers[P] += Plan::buffers[P].size(elements)), ...);
    }(std::make_index_sequence<Plan::buffers.size()>{});
}

}  // namespace detail

}  // namespace furl
