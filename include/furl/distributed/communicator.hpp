#pragma once

#include <furl/base/error.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

// The exception is one type in all units, whatever their flags, so that one unit can catch what another throws.
namespace furl {

/// Thrown when ranks cannot exchange data: one of them has ended or waits for something else, or a deadline has passed. What a call
/// was to receive is undefined then, and no later call of this communicator succeeds.
class communication_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace furl

namespace FURL_NAMESPACE {

#if !FURL_EXCEPTIONS
#error "furl/distributed needs exceptions: a rank that cannot go on must leave the calls in which others wait for it"
#endif

/// A communicator exchanges bytes between ranks: furl::mpi (furl/distributed/mpi.hpp), furl::local_rank
/// (furl/distributed/local_ranks.hpp), or one of your own.
///
/// A rank calls start_all_to_all or start_all_gather, does something else, and calls finish with the ticket that it got. All ranks start the
/// same calls in the same order, and finish them in this order. Until a call is finished, its memory belongs to the communicator.
///
/// There is no sum among these: MPI leaves its order to the implementation, and has no bfloat16. furl adds up what it received, in the order of
/// the ranks, so the bits are those of this order with any communicator.
///
/// Piece i of a span is what stands from first[i] up to first[i + 1]; there are size() + 1 such numbers, in ascending order.
template <class C>
concept Communicator = requires(C& ranks, std::span<const std::byte> send, std::span<std::byte> receive, std::span<const std::size_t> first) {
    // The number of this rank, below size(), and the number of ranks. Shares and sums are in this order.
    { ranks.rank() } -> std::convertible_to<std::size_t>;
    { ranks.size() } -> std::convertible_to<std::size_t>;
    // Sends piece i of `send` to rank i, and receives piece i of `receive` from rank i. The gradients of one rank's share are in as many
    // places as there are ranks; this brings them together.
    { ranks.start_all_to_all(send, first, receive, first) } -> std::convertible_to<std::size_t>;
    // Sends the own piece of `all`, and receives the others: weights that one rank has stepped, and partial results of reductions.
    { ranks.start_all_gather(receive, first) } -> std::convertible_to<std::size_t>;
    // Returns when the call with this ticket is complete. It throws communication_error where it never will be: no rank waits for ever.
    ranks.finish(std::size_t{});
};

namespace detail {

/// A communicator whose type is hidden. It refers to the communicator.
class communicator_ref {
  public:
    template <Communicator C>
        requires(!std::same_as<std::remove_const_t<C>, communicator_ref>)
    explicit communicator_ref(C& ranks) : ranks_(&ranks), rank_(ranks.rank()), size_(ranks.size()), calls_(&calls_of<C>) {}

    std::size_t rank() const { return rank_; }
    std::size_t size() const { return size_; }
    std::size_t start_all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
                                 std::span<const std::size_t> receive_first) const {
        return calls_->all_to_all(ranks_, send, send_first, receive, receive_first);
    }
    std::size_t start_all_gather(std::span<std::byte> all, std::span<const std::size_t> first) const { return calls_->all_gather(ranks_, all, first); }
    void finish(std::size_t ticket) const { calls_->finish(ranks_, ticket); }

    void all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
                    std::span<const std::size_t> receive_first) const {
        finish(start_all_to_all(send, send_first, receive, receive_first));
    }
    void all_gather(std::span<std::byte> all, std::span<const std::size_t> first) const { finish(start_all_gather(all, first)); }

  private:
    struct calls {
        std::size_t (*all_to_all)(void*, std::span<const std::byte>, std::span<const std::size_t>, std::span<std::byte>, std::span<const std::size_t>);
        std::size_t (*all_gather)(void*, std::span<std::byte>, std::span<const std::size_t>);
        void (*finish)(void*, std::size_t);
    };
    template <class C>
    static constexpr calls calls_of{
        [](void* c, std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
           std::span<const std::size_t> receive_first) -> std::size_t { return static_cast<C*>(c)->start_all_to_all(send, send_first, receive, receive_first); },
        [](void* c, std::span<std::byte> all, std::span<const std::size_t> first) -> std::size_t { return static_cast<C*>(c)->start_all_gather(all, first); },
        [](void* c, std::size_t ticket) { static_cast<C*>(c)->finish(ticket); }};

    void* ranks_;
    std::size_t rank_, size_;
    const calls* calls_;
};

/// Calls of a communicator, of which any may be waited for. Those that were started before are finished first, since a communicator is promised
/// this order.
class calls_in_order {
  public:
    explicit calls_in_order(const communicator_ref& ranks) : ranks_(&ranks) {}

    std::size_t start_all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
                                 std::span<const std::size_t> receive_first) {
        return open_.emplace_back(ranks_->start_all_to_all(send, send_first, receive, receive_first));
    }
    std::size_t start_all_gather(std::span<std::byte> all, std::span<const std::size_t> first) {
        return open_.emplace_back(ranks_->start_all_gather(all, first));
    }
    void finish(std::size_t ticket) {
        const auto last = std::ranges::find(open_, ticket);
        if (last == open_.end()) return;  // it is finished
        const auto end = last + 1;
        for (auto i = open_.begin(); i != end; ++i) ranks_->finish(*i);
        open_.erase(open_.begin(), end);
    }

  private:
    const communicator_ref* ranks_;
    std::vector<std::size_t> open_;  // the tickets of what is started and not finished: a few
};

}  // namespace detail

}  // namespace furl
