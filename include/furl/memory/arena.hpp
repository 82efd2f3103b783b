#pragma once

#include <furl/base/error.hpp>
#include <furl/memory/huge_pages.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

struct release_aligned {
    std::align_val_t alignment{64};
    void operator()(std::byte* p) const { ::operator delete[](p, alignment); }
};

}  // namespace detail

/// A stream of memory: it has a value of `bytes` bytes for each element, or for each block of elements.
struct arena_stream {
    std::size_t bytes;      ///< the bytes of a value
    std::size_t block = 1;  ///< the elements that share a value; a power of two

    /// Returns the bytes for a number of elements.
    constexpr std::size_t size(std::size_t elements) const { return (elements + block - 1) / block * bytes; }
};

/// Streams of many tensors in one piece of memory, placed for vector loops.
///
/// Small tensors follow each other without a gap, so that a step over many of them is one loop. A tensor of at least 1024
/// elements starts on a cache line in every stream, and so does every tensor if a stream has a value for each block of elements.
/// The starts of streams are whole pages (large pages for large streams) and 17 cache lines apart: streams at power-of-two
/// distances fall into the same cache sets and cost 4 to 7 times an ordinary step. If all streams are smaller than a page, the first
/// starts on any cache line, because the arenas of a thousand small optimizers would else share a few cache sets; if they fit into
/// one page together, they follow each other on cache lines. Large arenas ask for huge pages.
class arena {
  public:
    static constexpr std::size_t line = 64;            ///< bytes of a cache line
    static constexpr std::size_t page = 4096;          ///< bytes of a page
    static constexpr std::size_t stagger = 17 * line;  ///< bytes between the starts of streams, modulo a page
    static constexpr std::size_t aligned_from = 1024;  ///< elements from which on a tensor starts on a cache line

    arena() = default;

    /// @param streams  what each stream holds.
    /// @param sizes    the number of elements of each tensor.
    /// @param before   the number of streams elsewhere that are used together with these: the first of these starts that many
    ///                 staggers behind the start of a page, unless all are smaller than a page.
    arena(std::span<const arena_stream> streams, std::span<const std::size_t> sizes, std::size_t before = 0)
        : streams_(streams.begin(), streams.end()) {
        std::size_t least = line, widest = 1, block = 1;
        for (const auto& s : streams_) {
            if (s.block == 1) least = std::min(least, s.bytes);
            widest = std::max(widest, s.bytes);
            block = std::max(block, s.block);
        }
        const auto aligned = std::max(line / least, block);
        const auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / 4 / widest / (streams_.size() + 1);
        offsets_.reserve(sizes.size());
        std::size_t elements = 0;
        for (auto n : sizes) {
            if (n > most || elements > most) detail::out_of_memory();
            if (n >= aligned_from || block > 1) elements = round_up(elements, aligned);
            offsets_.push_back(elements);
            elements += n;
        }
        if (elements > most) detail::out_of_memory();
        std::size_t packed = 0;
        for (const auto& s : streams_) {
            packed += round_up(s.size(elements), line);
            is_small_ = is_small_ && s.size(elements) < page;
        }
        if (!is_small_) lead_ = before * stagger;
        starts_.reserve(streams_.size() + 1);
        starts_.push_back(0);
        for (const auto& s : streams_) {
            const auto bytes = s.size(elements);
            starts_.push_back(starts_.back() + (packed <= page ? round_up(bytes, line) : round_up(bytes, bytes >= huge_page ? huge_page : page) + stagger));
        }
        allocate();
    }

    /// Copies the values.
    arena(const arena& other)
        : streams_(other.streams_), is_small_(other.is_small_), lead_(other.lead_), offsets_(other.offsets_), starts_(other.starts_) {
        allocate();
        std::ranges::copy(other.memory(), start());
    }

    /// Takes over the memory.
    arena(arena&& other) noexcept { *this = std::move(other); }
    /// Copies the values.
    arena& operator=(const arena& other) { return *this = arena(other); }
    /// Takes over the memory.
    arena& operator=(arena&& other) noexcept {
        streams_ = std::exchange(other.streams_, {});
        is_small_ = std::exchange(other.is_small_, true);
        lead_ = std::exchange(other.lead_, 0);
        offsets_ = std::exchange(other.offsets_, {});
        starts_ = std::exchange(other.starts_, {});
        memory_ = std::move(other.memory_);
        return *this;
    }

    /// The number of elements of all tensors before one, and of the gaps between them.
    std::size_t offset(std::size_t tensor) const { return offsets_[tensor]; }

    /// Returns where a tensor's part of a stream starts.
    std::byte* at(std::size_t stream, std::size_t tensor) const {
        return start() + starts_[stream] + streams_[stream].size(offsets_[tensor]);
    }

    /// A whole stream, all tensors and the gaps between them.
    std::span<std::byte> stream(std::size_t s) const {
        if (!memory_) return {};  // it was moved from
        return {start() + starts_[s], starts_[s + 1] - starts_[s]};
    }

    /// All of the memory.
    std::span<const std::byte> memory() const {
        return {start(), memory_ ? starts_.back() : 0};
    }

  private:
    static constexpr std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

    std::byte* start() const { return memory_ ? memory_.get() + lead_ : nullptr; }

    void allocate() {
        if (streams_.empty()) return;
        const auto bytes = lead_ + starts_.back();
        const bool large = bytes >= 2 * huge_page;
        const std::align_val_t alignment{large ? huge_page : is_small_ ? line : page};
        memory_ = {static_cast<std::byte*>(::operator new[](bytes, alignment)), detail::release_aligned{alignment}};
        if (large) static_cast<void>(detail::request_huge_pages(memory_.get(), bytes, false));
    }

    std::vector<arena_stream> streams_;
    bool is_small_ = true;  // whether all streams are smaller than a page
    std::size_t lead_ = 0;  // bytes before the first stream
    std::vector<std::size_t> offsets_;  // elements before each tensor
    std::vector<std::size_t> starts_;   // bytes before each stream, and before the end
    std::unique_ptr<std::byte[], detail::release_aligned> memory_;
};

}  // namespace furl
