#pragma once

#include <furl/base/error.hpp>
#include <furl/execute/share.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// This folder spreads the states of an optimizer over processes, which are called ranks as in MPI.
namespace FURL_NAMESPACE::detail {

/// Completes numbers of which each rank has computed some; see Share.
class gatherer {
  public:
    virtual void complete(std::span<double> partials, std::span<const std::size_t> first) = 0;

  protected:
    ~gatherer() = default;
};

/// The place of an element in a list of tensors. The end of the list is element 0 of the tensor behind the last.
struct tensor_place {
    std::size_t tensor = 0, element = 0;

    bool operator==(const tensor_place&) const = default;
};

/// Some elements of a tensor that follow each other.
struct tensor_part {
    std::size_t first = 0, count = 0;

    bool operator==(const tensor_part&) const = default;
};

/// Whether there are this rank and this tensor; refuses them if not.
inline bool require_part(std::size_t rank, std::size_t ranks, std::size_t tensor, std::size_t tensors) {
    if (rank >= ranks) return refuse("furl: no rank " + std::to_string(rank) + "; there are " + std::to_string(ranks));
    return tensor < tensors || refuse("furl: no tensor " + std::to_string(tensor) + "; the optimizer has " + std::to_string(tensors));
}

/// The share of one of several ranks: a piece of the list of all elements of all tensors.
class rank_share {
  public:
    static constexpr policy_kind policy = policy_kind::share;
    static constexpr bool is_whole = false;

    /// @param shapes  the whole tensors.
    /// @param begins  where the share of each rank begins, and then the end of the list.
    /// @param own     the number of this rank.
    /// @param all     outlives this.
    rank_share(std::vector<furl::shape> shapes, std::vector<tensor_place> begins, std::size_t own, gatherer& all)
        : shapes_(std::move(shapes)), begins_(std::move(begins)), all_(&all) {
        for (const auto& s : shapes_) sizes_.push_back(s.size());
        for (std::size_t i = 0; i < shapes_.size(); ++i) here_.push_back(part_of(own, i));
    }

    std::span<const std::size_t> sizes() const { return sizes_; }
    std::span<const furl::shape> shapes() const { return shapes_; }
    std::size_t first(std::size_t tensor) const { return here_[tensor].first; }
    std::size_t count() const { return begins_.size() - 1; }
    tensor_place begin_of(std::size_t rank) const { return begins_[rank]; }
    void gather(std::span<double> partials, std::span<const std::size_t> first) const { all_->complete(partials, first); }

    /// The elements of a tensor that a rank has, and those that this rank has.
    tensor_part part_of(std::size_t rank, std::size_t tensor) const {
        const auto element_of = [&](tensor_place at) {
            return at.tensor < tensor ? 0 : at.tensor > tensor ? shapes_[tensor].size() : at.element;
        };
        const auto first = element_of(begins_[rank]);
        return {first, element_of(begins_[rank + 1]) - first};
    }
    std::span<const tensor_part> here() const { return here_; }

    /// The shapes of what this rank has. If tensors are cut at rows, these are whole rows; else one row.
    std::vector<furl::shape> shapes_here(bool at_rows) const {
        std::vector<furl::shape> list;
        for (std::size_t i = 0; i < shapes_.size(); ++i) {
            const auto [rows, columns] = shapes_[i];
            if (at_rows) list.push_back({columns > 0 ? here_[i].count / columns : rows, columns});
            else list.push_back({1, here_[i].count});
        }
        return list;
    }

  private:
    std::vector<furl::shape> shapes_;
    std::vector<std::size_t> sizes_;
    std::vector<tensor_part> here_;
    std::vector<tensor_place> begins_;
    gatherer* all_;
};

/// Cuts the list of all elements into one share for each rank. All have nearly the same number of elements; a share has at most
/// total / ranks elements and one unit more.
///
/// @param unit_of  returns how many elements of a tensor of this shape cannot be parted: a tensor is cut at multiples of it.
template <class UnitOf>
std::vector<tensor_place> cut_tensors(std::span<const furl::shape> shapes, std::size_t ranks, UnitOf unit_of) {
    std::size_t total = 0;
    for (const auto& s : shapes) total += s.size();
    std::vector<tensor_place> begins{{0, 0}};
    std::size_t tensor = 0, before = 0;  // the elements of the tensors before it
    for (std::size_t rank = 1; rank < ranks; ++rank) {
        const auto wanted = total / ranks * rank + total % ranks * rank / ranks;
        while (tensor < shapes.size() && before + shapes[tensor].size() <= wanted) before += shapes[tensor++].size();
        tensor_place at{tensor, 0};
        if (tensor < shapes.size()) {
            const auto size = shapes[tensor].size(), unit = unit_of(shapes[tensor]), exact = wanted - before;
            const auto below = exact / unit * unit, above = std::min(below + unit, size);
            at.element = exact - below < above - exact ? below : above;
            if (at.element == size) at = {tensor + 1, 0};
        }
        begins.push_back(at);
    }
    begins.push_back({shapes.size(), 0});
    return begins;
}

}  // namespace furl::detail
