#pragma once

#include <furl/base/error.hpp>
#include <furl/memory/arena.hpp>
#include <furl/memory/huge_pages.hpp>
#include <furl/memory/tensors.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>

namespace FURL_NAMESPACE {

/// Requests huge pages for tensors whose memory is yours: malloc's, Eigen's, libtorch's. From memory, a step over huge pages may take half
/// the time or less, because a processor keeps the addresses of few pages (docs/production.md). Call it once, after the tensors have their memory.
///
///     furl::use_huge_pages(weights);     // a tensor or a list, as for a step
///     furl::use_huge_pages(gradients);
///
/// Values stay as they are. Pages that a tensor has only a part of, at its ends, stay as they are too. On Linux 6.1 and newer, memory that is
/// in use is moved at once, which takes about as long as copying it; older systems move it in time. furl's own states are in huge
/// pages in any case.
///
/// @returns  how many bytes of the tensors the request is for: those of whole huge pages; 0 if all tensors are small, or the system is not
///           Linux. Whether the system has such pages is its business: /sys/kernel/mm/transparent_hugepage/enabled says.
template <class X>
    requires(Tensor<std::remove_reference_t<X>> || TensorList<std::remove_reference_t<X>>)
std::size_t use_huge_pages(X&& tensors) {
    std::size_t moved = 0;
    detail::for_each_tensor(tensors, [&](std::size_t, auto* data, std::size_t n) {
        auto* const begin = const_cast<std::byte*>(reinterpret_cast<const std::byte*>(data));
        moved += detail::request_huge_pages(begin, n * sizeof(*data), true);
    });
    return moved;
}

namespace detail {

// How many pieces in huge pages were allocated, by all allocators.
inline std::atomic<std::size_t> large_pieces{0};

}  // namespace detail

/// An allocator for tensors of your own: `std::vector<float, furl::huge_page_allocator<float>> weights(n);`
///
/// A piece of at least two huge pages is in huge pages, except its last part, which is less than one. Such a piece begins at another cache
/// line of its page than the 63 before it, because streams that are a power of two apart compete for the same cache sets. Smaller pieces
/// begin at a cache line.
///
/// State:   none; any copy may release what another allocated.
/// Errors:  std::bad_alloc if memory cannot hold so much.
template <class T>
struct huge_page_allocator {
    using value_type = T;                                             ///< the type of an element
    using is_always_equal = std::true_type;                           ///< whether all are equal
    using propagate_on_container_move_assignment = std::true_type;    ///< whether a container takes it over
    static constexpr std::size_t line = arena::line;                  ///< bytes of a cache line

    huge_page_allocator() = default;
    /// Makes one from that of another type.
    template <class U>
    huge_page_allocator(const huge_page_allocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

    /// Returns memory for n elements.
    T* allocate(std::size_t n) {
        if (n > (std::numeric_limits<std::size_t>::max() - 2 * page) / sizeof(T)) detail::out_of_memory();
        const auto bytes = n * sizeof(T);
        static_assert(line % alignof(T) == 0, "elements are aligned to a cache line at most");
        if (!is_large(bytes)) return static_cast<T*>(::operator new(bytes, std::align_val_t{line}));
        const auto offset = detail::large_pieces.fetch_add(1, std::memory_order_relaxed) * arena::stagger % page;
        auto* const begin = static_cast<std::byte*>(::operator new(bytes + page, std::align_val_t{huge_page}));
        static_cast<void>(detail::request_huge_pages(begin, bytes + page, false));
        return reinterpret_cast<T*>(begin + offset);
    }
    /// Releases what allocate(n) returned.
    void deallocate(T* p, std::size_t n) noexcept {
        if (!is_large(n * sizeof(T))) return ::operator delete(p, std::align_val_t{line});
        auto* const begin = reinterpret_cast<std::byte*>(p);
        ::operator delete(begin - reinterpret_cast<std::uintptr_t>(begin) % huge_page, std::align_val_t{huge_page});
    }

    /// True: any of them can release memory of any other.
    template <class U>
    bool operator==(const huge_page_allocator<U>&) const noexcept { return true; }

  private:
    static constexpr std::size_t page = arena::page;
    static constexpr bool is_large(std::size_t bytes) { return bytes >= 2 * huge_page; }
};

}  // namespace furl
