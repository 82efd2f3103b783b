#pragma once

#include <furl/execute/leaves.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
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

/// What write_kernel, the loop of the last pass, and reduce_kernel, the loop of the others, have in common.
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

    // Room for two vectors of each buffer.
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

    /// The places in Plan::order.reductions of those that this pass makes from elements, except those over columns.
    static constexpr auto reductions = [] {
        static_vector<std::size_t, Plan::size> list;
        for (std::size_t i = 0; i < Plan::order.reductions.size(); ++i) {
            const auto& x = Plan::program[Plan::order.reductions[i]];
            if (Plan::program.reads_elements(x) && x.where != domain::column && Plan::order.level[x.operands[0]] == static_cast<std::int16_t>(Pass))
                list.push_back(i);
        }
        return list;
    }();

    /// Whether this pass makes any reduction from elements, including those over columns.
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

    /// Calls visit<P>() for each buffer.
    template <class Visit>
    static FURL_INLINE void for_each_buffer(Visit visit) {
        [&]<std::size_t... P>(std::index_sequence<P...>) FURL_INLINE_LAMBDA {
            (visit.template operator()<P>(), ...);
        }(std::make_index_sequence<Plan::buffers.size()>{});
    }
};

}  // namespace detail

}  // namespace furl
