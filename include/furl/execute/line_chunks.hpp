#pragma once

#include <furl/execute/line_data.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The groups of rows of all tensors in their order, cut into chunks of nearly as many elements for threads.
class line_chunks {
  public:
    explicit line_chunks(std::span<const line_layout> layouts) : weight_{0} {
        for (std::size_t i = 0; i < layouts.size(); ++i)
            for (std::size_t g = 0; g < layouts[i].groups; ++g) {
                const auto rows = std::min(layouts[i].group_rows, layouts[i].shape.rows - g * layouts[i].group_rows);
                weight_.push_back(weight_.back() + rows * layouts[i].shape.columns);
                groups_.push_back({i, g});
            }
    }

    /// Calls visit(tensor, group) for the groups of chunk i of n.
    template <class Visit>
    void visit(std::size_t i, std::size_t n, Visit visit) const {
        const auto place = [&](std::size_t k) {
            const auto wanted = weight_.back() / n * k + weight_.back() % n * k / n;
            return k == n ? groups_.size() : static_cast<std::size_t>(std::ranges::lower_bound(weight_, wanted) - weight_.begin());
        };
        for (auto g = place(i), end = place(i + 1); g < end; ++g) visit(groups_[g].tensor, groups_[g].number);
    }

  private:
    struct group {
        std::size_t tensor, number;
    };

    std::vector<std::size_t> weight_;  // for each group, the elements of all groups before it; then the total
    std::vector<group> groups_;
};

}  // namespace furl::detail
