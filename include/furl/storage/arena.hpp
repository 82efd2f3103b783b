#pragma once

#include <furl/base/error.hpp>

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
/// Small tensors follow each other without a gap, so that a step over many of them is one loop; one of at least 1024
/// elements starts on a cache line. Each stream is 17 lines longer than it needs to be (and than 2 MiB, where it is
/// large): streams at power-of-two distances fall into the same cache sets and cost 4 to 7 times an ordinary step.
/// Large arenas ask for huge pages.
template <class T>
class arena {
  public:
    static constexpr std::size_t line = 64;                         ///< bytes of a cache line
    static constexpr std::size_t huge_page = std::size_t{2} << 20;  ///< bytes
    static constexpr std::size_t page = 4096;                       ///< bytes
    static constexpr std::size_t stagger = 17 * line;  ///< bytes between the starts of streams, modulo a page
    static constexpr std::size_t aligned_from = 1024;  ///< elements

    arena() = default;

    /// @param streams  how many streams, each of one value for every element.
    /// @param sizes    the number of elements of each tensor.
    /// @param before   streams of other arenas that are used together with these: the first of these starts as many
    ///                 staggers behind the start of a page.
    arena(std::size_t streams, std::span<const std::size_t> sizes, std::size_t before = 0)
        : streams_(streams), lead_(before * stagger / sizeof(T)) {
        offsets_.reserve(sizes.size());
        std::size_t elements = 0;
        const auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / 4 / sizeof(T) / (streams + 1);
        for (auto n : sizes) {
            if (n > most || elements > most) detail::out_of_memory();
            if (n >= aligned_from) elements = round_up(elements, line / sizeof(T));
            offsets_.push_back(elements);
            elements += n;
        }
        if (elements > most) detail::out_of_memory();
        const auto bytes = elements * sizeof(T);
        pitch_ = (round_up(bytes, bytes >= huge_page ? huge_page : page) + stagger) / sizeof(T);
        allocate();
    }

    /// A copy of the values.
    arena(const arena& other)
        : streams_(other.streams_), lead_(other.lead_), pitch_(other.pitch_), offsets_(other.offsets_) {
        allocate();
        std::ranges::copy(other.memory(), start());
    }

    /// Takes the memory over.
    arena(arena&& other) noexcept { *this = std::move(other); }
    /// A copy of the values.
    arena& operator=(const arena& other) { return *this = arena(other); }
    /// Takes the memory over.
    arena& operator=(arena&& other) noexcept {
        streams_ = std::exchange(other.streams_, 0);
        lead_ = std::exchange(other.lead_, 0);
        pitch_ = std::exchange(other.pitch_, 0);
        offsets_ = std::exchange(other.offsets_, {});
        memory_ = std::move(other.memory_);
        return *this;
    }

    /// Where a tensor's part of a stream starts.
    T* at(std::size_t stream, std::size_t tensor) const { return start() + stream * pitch_ + offsets_[tensor]; }

    /// A whole stream, all tensors and the gaps between them.
    std::span<T> stream(std::size_t s) const { return {start() + s * pitch_, pitch_}; }

    /// All of the memory.
    std::span<const T> memory() const { return {start(), streams_ * pitch_}; }

  private:
    struct release {
        std::align_val_t alignment{line};
        void operator()(T* p) const { ::operator delete[](p, alignment); }
    };

    static constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

    T* start() const { return memory_ ? memory_.get() + lead_ : nullptr; }

    void allocate() {
        if (streams_ == 0) return;
        const auto bytes = (lead_ + streams_ * pitch_) * sizeof(T);
        const bool large = bytes >= 2 * huge_page;
        const std::align_val_t alignment{large ? huge_page : page};
        memory_ = {static_cast<T*>(::operator new[](bytes, alignment)), release{alignment}};
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        // A wish: without huge pages a step is slower, not wrong.
        if (large) madvise(memory_.get(), bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
    }

    std::size_t streams_ = 0;
    std::size_t lead_ = 0;   // elements before the first stream
    std::size_t pitch_ = 0;  // elements from one stream to the next
    std::vector<std::size_t> offsets_;
    std::unique_ptr<T[], release> memory_;
};

}  // namespace furl
