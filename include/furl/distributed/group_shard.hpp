#pragma once

#include <furl/distributed/sharding.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The tensors of a group that have the same multiplier of "lr", spread over ranks. It moves their gradients and weights.
template <class E>
class group_shard final : public sharding {
  public:
    /// Makes what a checkpoint keeps of the states; saved_share::of for the plan of the group's rule.
    using saver = saved_share (*)(saved_part, const rank_share&);
    const saver save;

    /// @param shapes  the whole tensors.
    template <class UnitOf>
    group_shard(const communicator_ref& ranks, std::span<const furl::shape> shapes, UnitOf unit_of, const sharding_settings& settings, saver saves)
        : sharding(ranks, {shapes.begin(), shapes.end()}, unit_of, settings), save(saves), weights_(list_, ranks.rank(), settings.elements(ranks.size(), sizeof(E))),
          gradients_(list_, ranks.rank(), settings.elements(ranks.size(), sizeof(E))), sums_(ranks.size() == 1 ? 0 : list_.count_of(ranks.rank()) + 1), before_{0} {
        for (const auto& here : share_.here()) before_.push_back(before_.back() + here.count);
    }

    const rank_share& share() const { return share_; }
    /// Returns the sums of the gradients of this rank's part of a tensor. Their pointer is not null, even if the part is empty.
    std::span<E> sum(std::size_t tensor) { return std::span(sums_).subspan(before_[tensor], share_.here()[tensor].count); }
    /// These take the whole tensors of the group. A null pointer means that no rank has this gradient.
    void scatter_gradients(std::span<const E* const> gradients) { gradients_.scatter(ranks_, gradients, sums_.data(), settings_.mean); }
    void gather_weights(std::span<E* const> weights) {
        weights_.gather(ranks_, weights, [](std::size_t) {});
    }

  private:
    stream_buckets<E> weights_, gradients_;
    std::vector<E> sums_;  // one more than this rank has, so that there is memory; none if it is alone
    std::vector<std::size_t> before_;  // for each tensor, the elements of the sums of those before it
};

}  // namespace furl::detail
