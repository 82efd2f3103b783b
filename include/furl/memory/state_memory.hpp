#pragma once

#include <furl/execute/step.hpp>
#include <furl/memory/arena.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace FURL_NAMESPACE {

/// The memory that an optimizer keeps for each parameter: the states and the companions of streams, each in its format.
template <class Plan>
class state_memory {
    using T = typename Plan::value_type;

    static constexpr auto owned = [] {
        static_vector<std::size_t, Plan::max_buffers> list;
        for (std::size_t p = 0; p < Plan::buffers.size(); ++p)
            if (Plan::is_owned(p)) list.push_back(p);
        return list;
    }();

    static constexpr std::size_t index_of(std::size_t buffer) {
        std::size_t i = 0;
        while (owned[i] != buffer) ++i;
        return i;
    }

    static std::vector<arena_stream> streams() {
        std::vector<arena_stream> list;
        for (auto p : owned) list.push_back({Plan::buffers[p].bytes, Plan::buffers[p].block});
        return list;
    }

  public:
    /// Allocates memory for tensors of these sizes. Its values are undefined before reset.
    explicit state_memory(std::span<const std::size_t> sizes) : memory_(streams(), sizes, Plan::first_state) {}

    /// Returns all of the memory.
    std::span<const std::byte> memory() const { return memory_.memory(); }

    /// Returns the part of a buffer that belongs to a tensor of n elements.
    std::span<std::byte> at(std::size_t buffer, std::size_t tensor, std::size_t n) const {
        return {memory_.at(index_of(buffer), tensor), Plan::buffers[buffer].size(n)};
    }

    /// Tells a step where this memory has the buffers of a tensor.
    void place(detail::buffer_pointers<Plan>& buffers, std::size_t tensor) const {
        for (std::size_t i = 0; i < owned.size(); ++i) buffers[owned[i]] = memory_.at(i, tensor);
    }

    /// To be called before a step of a tensor of n elements, once its buffers are known. Companions that start from main memory
    /// are filled before the first step that is done: after a skipped step they are filled again.
    void begin(const detail::buffer_pointers<Plan>& buffers, std::size_t tensor, std::size_t n) {
        if constexpr (Plan::begins) {
            const bool was_skipped = begun_[tensor];
            begun_[tensor] = 0;
            for_each_stream([&]<std::size_t K>() {
                using format = typename Plan::template format<K>;
                if constexpr (requires { format::begin(buffers[K], buffers[K], n); }) {
                    if (n == 0) return;
                    if (was_skipped) format::reset(buffers[Plan::companion_buffer(K)]);
                    if (format::begin(buffers[K], buffers[Plan::companion_buffer(K)], n)) begun_[tensor] = 1;
                }
            });
        }
    }

    /// To be called when the step of a tensor is done.
    void keep(std::size_t tensor) {
        if constexpr (Plan::begins) begun_[tensor] = 0;
    }

    /// Sets everything as before the first step.
    void reset(std::span<const std::size_t> sizes) {
        if constexpr (Plan::begins) begun_.assign(sizes.size(), 0);
        // Bytes of 0 are the number 0 in every format.
        for (std::size_t i = 0; i < owned.size(); ++i) std::ranges::fill(memory_.stream(i), std::byte{0});
        for_each_stream([&]<std::size_t K>() {
            using format = typename Plan::template format<K>;
            if constexpr (requires(std::byte* p) { format::reset(p); })
                for (std::size_t i = 0; i < sizes.size(); ++i)
                    if (sizes[i] > 0) format::reset(memory_.at(index_of(Plan::companion_buffer(K)), i));
        });
        std::size_t k = Plan::first_state;
        for (const auto& s : Plan::program.states) {
            if (s.where != domain::element) continue;
            if (const auto value = static_cast<T>(detail::scalar_states<Plan>::initial_value(s)); value != 0) fill(k, sizes, value);
            ++k;
        }
    }

    /// Reads the values of a state, in the type that a step computes in.
    void read(std::size_t stream, std::size_t tensor, std::span<T> values) const {
        for_each_stream([&]<std::size_t K>() {
            if constexpr (K >= Plan::first_state)
                if (K == stream) {
                    using format = typename Plan::template format<K>;
                    const auto [main, companion] = memory_of<K>(tensor);
                    if constexpr (format::block > 1) format::read(main, companion, values);
                    else
                        for (std::size_t i = 0; i < values.size(); ++i)
                            values[i] = format::template load<arithmetic<T>>(main, companion, i);
                }
        });
    }

  private:
    // With this noise a stochastic format rounds to the nearest.
    static constexpr std::uint32_t half_of_noise = 0x8000;

    arena memory_;
    std::vector<unsigned char> begun_;  // for each tensor, whether its companions were filled for a step that is not done

    struct both {
        std::byte *main, *companion;
    };
    template <std::size_t K>
    both memory_of(std::size_t tensor) const {
        return {memory_.at(index_of(K), tensor), memory_.at(index_of(Plan::companion_buffer(K)), tensor)};
    }

    void fill(std::size_t stream, std::span<const std::size_t> sizes, T value) {
        for_each_stream([&]<std::size_t K>() {
            if constexpr (K >= Plan::first_state)
                if (K == stream)
                    for (std::size_t i = 0; i < sizes.size(); ++i) {
                        using format = typename Plan::template format<K>;
                        const auto [main, companion] = memory_of<K>(i);
                        if constexpr (format::block > 1) format::fill(main, companion, sizes[i], value);
                        else
                            for (std::size_t k = 0; k < sizes[i]; ++k)
                                format::template store<arithmetic<T>>(main, companion, k, value, half_of_noise);
                    }
        });
    }

    template <class Visit>
    static void for_each_stream(Visit visit) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (visit.template operator()<K>(), ...);
        }(std::make_index_sequence<Plan::stream_count>{});
    }
};

}  // namespace furl
