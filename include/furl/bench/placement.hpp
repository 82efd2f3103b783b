#pragma once

#include <furl/base/build.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

/// The memory layout of a benchmark's streams. Two streams whose addresses agree modulo 4 KiB slow each other down, because a
/// load waits for an older store that only seems to have the same address. So the layout is chosen here, not left to malloc.
namespace FURL_NAMESPACE::bench {

inline constexpr std::size_t cache_line = 64;
inline constexpr std::size_t page = 4096;
inline constexpr std::size_t huge_page = std::size_t{1} << 21;

/// One stream of values that starts a chosen number of bytes past a page boundary. A large stream lies on huge pages.
template <class T>
class placed_stream {
  public:
    placed_stream(std::size_t n, std::size_t offset) : size_(n) {
        const auto bytes = n * sizeof(T) + 2 * page;
        const auto alignment = bytes >= huge_page ? huge_page : page;
        const auto whole = (bytes + alignment - 1) / alignment * alignment;
        memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, whole)));
        if (memory_ == nullptr) throw std::bad_alloc();
        if (alignment == huge_page) ::madvise(memory_.get(), whole, MADV_HUGEPAGE);
        data_ = reinterpret_cast<T*>(memory_.get() + offset);
        std::fill_n(data_, n, T(0));  // touch every page before anything is measured
    }

    std::span<T> values() { return {data_, size_}; }

  private:
    struct release {
        void operator()(std::byte* p) const { std::free(p); }
    };

    std::size_t size_;
    std::unique_ptr<std::byte, release> memory_;
    T* data_ = nullptr;
};

/// Returns the offset within a page that is farthest from the offsets of the given streams.
template <class T>
std::size_t distant_offset(const std::vector<const T*>& others) {
    std::size_t best = 0, best_distance = 0;
    for (std::size_t offset = 0; offset < page; offset += cache_line) {
        auto nearest = page;
        for (const auto* other : others) {
            const auto apart = (page + offset - reinterpret_cast<std::uintptr_t>(other) % page) % page;
            nearest = std::min({nearest, apart, page - apart});
        }
        if (nearest > best_distance) best = offset, best_distance = nearest;
    }
    return best;
}

}  // namespace furl::bench
