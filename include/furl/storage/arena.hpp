#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace furl {

/// Streams of many tensors in one piece of memory, placed for vector loops.
///
/// Each tensor starts on a cache line. Each stream is 17 lines longer than it needs to be (and than 2 MiB, where it is
/// large): streams at power-of-two distances fall into the same cache sets and cost 4 to 7 times an ordinary step.
/// Large arenas ask for huge pages.
template <class T>
class arena {
  public:
    static constexpr std::size_t line = 64;
    static constexpr std::size_t huge_page = std::size_t{2} << 20;
    static constexpr std::size_t page = 4096;
    static constexpr std::size_t stagger = 17 * line;

    arena() = default;

    arena(std::size_t streams, std::span<const std::size_t> sizes) : streams_(streams) {
        offsets_.reserve(sizes.size());
        std::size_t elements = 0;
        const auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / 4 / sizeof(T) / (streams + 1);
        for (auto n : sizes) {
            if (n > most || elements > most) throw std::bad_alloc();
            offsets_.push_back(elements);
            elements += round_up(n, line / sizeof(T));
        }
        if (elements > most) throw std::bad_alloc();
        const auto bytes = elements * sizeof(T);
        pitch_ = (round_up(bytes, bytes >= huge_page ? huge_page : page) + stagger) / sizeof(T);
        memory_ = allocate(streams_ * pitch_ * sizeof(T));
    }

    arena(const arena& other) : streams_(other.streams_), pitch_(other.pitch_), offsets_(other.offsets_) {
        memory_ = allocate(streams_ * pitch_ * sizeof(T));
        if (memory_) std::copy_n(other.memory_.get(), streams_ * pitch_, memory_.get());
    }

    arena(arena&& other) noexcept { *this = std::move(other); }
    arena& operator=(const arena& other) { return *this = arena(other); }
    arena& operator=(arena&& other) noexcept {
        streams_ = std::exchange(other.streams_, 0);
        pitch_ = std::exchange(other.pitch_, 0);
        offsets_ = std::exchange(other.offsets_, {});
        memory_ = std::move(other.memory_);
        return *this;
    }

    /// Where a tensor's part of a stream starts.
    T* at(std::size_t stream, std::size_t tensor) const { return memory_.get() + stream * pitch_ + offsets_[tensor]; }

    /// A whole stream, all tensors and the gaps between them.
    std::span<T> stream(std::size_t s) const { return {memory_.get() + s * pitch_, pitch_}; }

    std::span<const T> memory() const { return {memory_.get(), streams_ * pitch_}; }

  private:
    struct release {
        std::align_val_t alignment{line};
        void operator()(T* p) const { ::operator delete[](p, alignment); }
    };

    static constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

    static std::unique_ptr<T[], release> allocate(std::size_t bytes) {
        if (bytes == 0) return {};
        const bool large = bytes >= 2 * huge_page;
        const std::align_val_t alignment{large ? huge_page : line};
        std::unique_ptr<T[], release> p(static_cast<T*>(::operator new[](bytes, alignment)), release{alignment});
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        // A wish: without huge pages a step is slower, not wrong.
        if (large) madvise(p.get(), bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
        return p;
    }

    std::size_t streams_ = 0;
    std::size_t pitch_ = 0;
    std::vector<std::size_t> offsets_;
    std::unique_ptr<T[], release> memory_;
};

}  // namespace furl
