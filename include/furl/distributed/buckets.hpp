#pragma once

#include <furl/base/narrow_float.hpp>
#include <furl/distributed/communicator.hpp>
#include <furl/distributed/rank_share.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

// Gradients on their way to the rank that has their share, and weights on their way from it.
namespace FURL_NAMESPACE::detail {

/// The elements of all tensors as one list, and who has which of them.
class flat_list {
  public:
    explicit flat_list(const rank_share& share) : before_{0} {
        for (auto n : share.sizes()) before_.push_back(before_.back() + n);
        for (std::size_t i = 0; i <= share.count(); ++i) {
            const auto at = share.begin_of(i);
            first_.push_back(before_[at.tensor] + at.element);
        }
        for (std::size_t i = 0; i < share.count(); ++i) longest_ = std::max(longest_, count_of(i));
    }

    std::size_t first_of(std::size_t rank) const { return first_[rank]; }
    std::size_t count_of(std::size_t rank) const { return first_[rank + 1] - first_[rank]; }
    std::size_t longest() const { return longest_; }
    std::size_t ranks() const { return first_.size() - 1; }

    /// The tensor that an element is in, and its number there.
    tensor_place place_of(std::size_t element) const {
        const auto tensor = static_cast<std::size_t>(std::ranges::upper_bound(before_, element) - before_.begin()) - 1;
        return {tensor, element - before_[tensor]};
    }

    /// Calls visit(tensor, element, n) for each tensor's part of the elements from `first` on.
    template <class Visit>
    void visit(std::size_t first, std::size_t count, Visit visit) const {
        auto tensor = place_of(first).tensor;
        while (count > 0) {
            const auto element = first - before_[tensor], n = std::min(count, before_[tensor + 1] - first);
            if (n > 0) visit(tensor, element, n);
            first += n, count -= n, ++tensor;
        }
    }

  private:
    std::vector<std::size_t> before_, first_;
    std::size_t longest_ = 0;
};

/// Adds up numbers in the order of the ranks, in the type in which a step computes: float for types of 16 bits. Loops of a fixed length,
/// which a compiler makes vectors of.
///
/// @param pieces  the numbers of each rank.
template <class E>
void sum_in_order(E* sum, std::span<const E* const> pieces, std::size_t n, bool mean) {
    using C = std::conditional_t<sizeof(E) == 2, float, E>;
    constexpr std::size_t block = 256;
    const auto ranks = static_cast<C>(pieces.size());
    C of_block[block];
    for (std::size_t at = 0; at < n; at += block) {
        const auto add = [&](auto count) {
            for (std::size_t k = 0; k < count; ++k) of_block[k] = static_cast<C>(pieces[0][at + k]);
            for (std::size_t r = 1; r < pieces.size(); ++r)
                for (std::size_t k = 0; k < count; ++k) of_block[k] += static_cast<C>(pieces[r][at + k]);
            if (mean)
                for (std::size_t k = 0; k < count; ++k) of_block[k] /= ranks;
            for (std::size_t k = 0; k < count; ++k) sum[at + k] = static_cast<E>(of_block[k]);
        };
        if (n - at >= block) add(std::integral_constant<std::size_t, block>{});
        else add(n - at);
    }
}

/// Moves a stream of elements between the tensors of all ranks and the shares, in buckets, so that the memory for messages is small. While
/// one bucket is on its way, the one before is added up, stepped or unpacked.
///
/// Bucket b has the elements from b * length on of each share, so all ranks send and receive in each.
template <class E>
class stream_buckets {
  public:
    /// @param length  the elements of a share in a bucket.
    stream_buckets(const flat_list& list, std::size_t own, std::size_t length) : list_(&list), own_(own), length_(length) {}

    std::size_t count() const { return (list_->longest() + length_ - 1) / length_; }

    /// Sends the gradients of a bucket to the ranks whose share they are in.
    ///
    /// @param tensors  this rank's gradients. A tensor of null has none on any rank.
    void send_gradients(calls_in_order& calls, std::size_t b, std::span<const E* const> tensors) {
        auto& s = slots_[b % 2];
        s.sent_first.assign(1, 0), s.received_first.assign(1, 0);
        for (std::size_t r = 0; r < list_->ranks(); ++r) {
            // What this rank has of its own share does not go through messages.
            s.sent_first.push_back(s.sent_first.back() + (r == own_ ? 0 : part(r, b).count) * sizeof(E));
            s.received_first.push_back(s.received_first.back() + (r == own_ ? 0 : part(own_, b).count) * sizeof(E));
        }
        s.sent.resize(s.sent_first.back() / sizeof(E)), s.received.resize(s.received_first.back() / sizeof(E));
        for (std::size_t r = 0; r < list_->ranks(); ++r)
            if (r != own_) pack(part(r, b), tensors, s.sent.data() + s.sent_first[r] / sizeof(E));
        s.ticket = calls.start_all_to_all(std::as_bytes(std::span(s.sent)), s.sent_first, std::as_writable_bytes(std::span(s.received)), s.received_first);
    }

    /// Receives what the others have sent, and stores the sums of the own share in `sums`; none for tensors of null.
    void add_gradients(calls_in_order& calls, std::size_t b, std::span<const E* const> tensors, E* sums, bool mean) {
        auto& s = slots_[b % 2];
        calls.finish(s.ticket);
        const auto own = part(own_, b);
        auto* to = sums + (own.first - list_->first_of(own_));
        std::size_t done = 0;
        list_->visit(own.first, own.count, [&](std::size_t tensor, std::size_t element, std::size_t n) {
            pieces_.clear();
            for (std::size_t r = 0; r < list_->ranks(); ++r)
                pieces_.push_back(r == own_ ? tensors[tensor] + element : s.received.data() + s.received_first[r] / sizeof(E) + done);
            if (tensors[tensor]) sum_in_order<E>(to + done, pieces_, n, mean);
            done += n;
        });
    }

    /// Sends the own share of the weights to all ranks.
    void send_weights(calls_in_order& calls, std::size_t b, std::span<E* const> tensors) {
        auto& s = slots_[b % 2];
        s.received_first.assign(1, 0);
        for (std::size_t r = 0; r < list_->ranks(); ++r) s.received_first.push_back(s.received_first.back() + part(r, b).count * sizeof(E));
        s.received.resize(s.received_first.back() / sizeof(E));
        pack(part(own_, b), tensors, s.received.data() + s.received_first[own_] / sizeof(E));
        s.ticket = calls.start_all_gather(std::as_writable_bytes(std::span(s.received)), s.received_first);
    }

    /// Receives the shares of the others, and stores them in the tensors.
    void take_weights(calls_in_order& calls, std::size_t b, std::span<E* const> tensors) {
        auto& s = slots_[b % 2];
        calls.finish(s.ticket);
        for (std::size_t r = 0; r < list_->ranks(); ++r) {
            if (r == own_) continue;
            const auto there = part(r, b);
            const auto* from = s.received.data() + s.received_first[r] / sizeof(E);
            list_->visit(there.first, there.count, [&](std::size_t tensor, std::size_t element, std::size_t n) {
                if (tensors[tensor]) std::memcpy(tensors[tensor] + element, from, n * sizeof(E));
                from += n;
            });
        }
    }

    /// Does this for all buckets.
    void scatter(calls_in_order& calls, std::span<const E* const> tensors, E* sums, bool mean) {
        for (std::size_t b = 0; b <= count(); ++b) {
            if (b < count()) send_gradients(calls, b, tensors);
            if (b > 0) add_gradients(calls, b - 1, tensors, sums, mean);
        }
    }
    void gather(calls_in_order& calls, std::span<E* const> tensors) {
        for (std::size_t b = 0; b <= count(); ++b) {
            if (b < count()) send_weights(calls, b, tensors);
            if (b > 0) take_weights(calls, b - 1, tensors);
        }
    }

  private:
    struct slot {
        std::vector<E> sent, received;
        std::vector<std::size_t> sent_first, received_first;
        std::size_t ticket = 0;
    };

    const flat_list* list_;
    std::size_t own_, length_;
    std::array<slot, 2> slots_;
    std::vector<const E*> pieces_;

    // The elements of a share that are in bucket b, counted in the list of all.
    tensor_part part(std::size_t rank, std::size_t b) const {
        const auto all = list_->count_of(rank), from = std::min(b * length_, all);
        return {list_->first_of(rank) + from, std::min(length_, all - from)};
    }

    template <class Tensors>
    void pack(tensor_part p, const Tensors& tensors, E* to) const {
        list_->visit(p.first, p.count, [&](std::size_t tensor, std::size_t element, std::size_t n) {
            if (tensors[tensor]) std::memcpy(to, tensors[tensor] + element, n * sizeof(E));
            to += n;
        });
    }
};

}  // namespace furl::detail
