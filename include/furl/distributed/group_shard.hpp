#pragma once

#include <furl/distributed/share_streams.hpp>
#include <furl/distributed/sharding.hpp>
#include <furl/runtime/erased_optimizer.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The functions of an optimizer that a group_shard calls. They are pointers, because the type of the optimizer is hidden.
struct shard_calls {
    /// Makes what a checkpoint keeps of the states; saved_share::of for the plan of the group's rule.
    saved_share (*save)(saved_part, const rank_share&);
    /// See step_runner::unit and step_runner::piece.
    std::size_t (*unit)(furl::shape);
    std::size_t (*piece)(furl::shape);
    /// Runs the last walk over the elements between two places; null if the rule cannot stop there.
    void (*step_between)(erased_session&, tensor_place from, tensor_place to);

    /// @tparam Optimizer  the one that is hidden.
    /// @tparam Engine     its step_runner.
    template <class Optimizer, class Engine>
    static constexpr shard_calls of() {
        shard_calls calls{&saved_share::of<typename Optimizer::stored>, &Engine::unit, &Engine::piece, nullptr};
        if constexpr (Engine::takes_pieces)
            calls.step_between = [](erased_session& hidden, tensor_place from, tensor_place to) {
                auto& step = static_cast<hidden_optimizer<Optimizer>&>(hidden).current->step();
                Optimizer::session::together::execute_between(step, {from.tensor, from.element}, {to.tensor, to.element});
            };
        return calls;
    }
};

/// The tensors of a group that have the same multiplier of "lr", spread over ranks. It moves their gradients and weights.
template <class E>
class group_shard final : public sharding {
  public:
    /// @param shapes  the whole tensors.
    group_shard(const communicator_ref& ranks, std::span<const furl::shape> shapes, const shard_calls& calls, const sharding_settings& settings)
        : sharding(ranks, {shapes.begin(), shapes.end()}, calls.unit, settings), of_rule_(calls),
          streams_(list_, ranks.rank(), settings.elements(ranks.size(), sizeof(E)), this->largest_piece(calls.piece)), sums_(ranks.size() == 1 ? 0 : list_.count_of(ranks.rank()) + 1),
          before_{0} {
        for (const auto& here : share_.here()) before_.push_back(before_.back() + here.count);
    }

    const rank_share& share() const { return share_; }
    saved_share save(saved_part part) const { return of_rule_.save(std::move(part), share_); }
    /// Returns the sums of the gradients of this rank's part of a tensor. Their pointer is not null, even if the part is empty.
    std::span<E> sum(std::size_t tensor) { return std::span(sums_).subspan(before_[tensor], share_.here()[tensor].count); }

    /// Notes where the tensors of a step begin, out of lists of all tensors. One without data has none on any rank.
    void take(std::span<const std::size_t> tensors, const std::vector<std::span<E>>& weights, const std::vector<std::span<const E>>& gradients) {
        pointers(tensors, weights, weights_), pointers(tensors, gradients, all_gradients_);
    }
    /// Brings the weights of the tensors to all ranks.
    void gather_weights(std::span<const std::size_t> tensors, const std::vector<std::span<E>>& weights) {
        pointers(tensors, weights, weights_);
        calls_in_order calls(ranks_);
        streams_.weights().gather(calls, weights_);
    }

    /// These do the parts of a step; see share_streams. Messages are sent and awaited in `calls`.
    std::size_t buckets() const { return streams_.count(); }
    void send_first(calls_in_order& calls) { streams_.send_first(calls, arguments()); }
    void send_gradients(calls_in_order& calls, std::size_t b) { streams_.gradients().send_gradients(calls, b, all_gradients_); }
    void add_gradients(calls_in_order& calls, std::size_t b) { streams_.gradients().add_gradients(calls, b, all_gradients_, sums_.data(), settings_.mean); }
    void send_weights(calls_in_order& calls, std::size_t b) { streams_.weights().send_weights(calls, b, weights_); }
    void end(calls_in_order& calls, sharded_times& times) { streams_.end(calls, arguments(), times); }

    /// Runs the last walk of the optimizer, and exchanges what it reads and writes.
    ///
    /// @param in_pieces  whether to step in pieces, if the rule can.
    /// @param step_all   runs the walk at once.
    template <class SendNext, class StepAll>
    void step(calls_in_order& calls, erased_session& hidden, bool has_sums, bool in_pieces, sharded_times& times, SendNext send_next, StepAll step_all) {
        in_pieces &= of_rule_.step_between != nullptr;
        tensor_place at;
        streams_.step(calls, arguments(), has_sums, in_pieces, times, send_next, [&](std::size_t element) {
            if (!in_pieces) return step_all();
            const auto to = this->place_here(element, of_rule_.piece);
            of_rule_.step_between(hidden, at, to);
            at = to;
        });
    }

  private:
    using streams = share_streams<E, E>;

    shard_calls of_rule_;
    streams streams_;
    std::vector<E> sums_;  // one more than this rank has, so that there is memory; none if it is alone
    std::vector<std::size_t> before_;  // for each tensor, the elements of the sums of those before it
    // The tensors of a step.
    std::vector<E*> weights_;
    std::vector<const E*> all_gradients_;

    typename streams::arguments arguments() { return {weights_, all_gradients_, sums_.data(), settings_.mean}; }

    template <class Element, class P>
    static void pointers(std::span<const std::size_t> tensors, const std::vector<std::span<Element>>& all, std::vector<P>& to) {
        to.clear();
        for (auto i : tensors) to.push_back(all[i].empty() ? nullptr : all[i].data());
    }
};

}  // namespace furl::detail
