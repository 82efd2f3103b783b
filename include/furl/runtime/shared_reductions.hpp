#pragma once

#include <furl/base/finite.hpp>
#include <furl/execute/reduction_tree.hpp>
#include <furl/optimizer/state_table.hpp>

#include <cstddef>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The reductions over all tensors of a step that several optimizers do together. Each is made of the results of all
/// tensors whose rules have it, in the order of the tensors: the bits are those of one optimizer of all.
class shared_reductions {
  public:
    struct reduction {
        reduction_info what;
        std::vector<double> of_tensor;
        std::vector<unsigned char> has;
        double of_all = 0;

        void note(std::size_t tensor, double result) {
            of_tensor[tensor] = result;
            has[tensor] = true;
        }
    };

    /// Before a step of so many tensors.
    void start(std::size_t tensors) {
        tensors_ = tensors;
        count_ = 0;
    }

    /// The reduction that is equal to this one.
    reduction& at(const reduction_info& what) {
        for (std::size_t r = 0; r < count_; ++r)
            if (list_[r].what.key == what.key) return list_[r];
        if (count_ == list_.size()) list_.emplace_back();
        auto& added = list_[count_++];
        added.what = what;
        added.of_tensor.resize(tensors_);
        added.has.assign(tensors_, false);
        return added;
    }

    /// Combines those that are known after a pass.
    void combine(std::size_t pass) {
        for (std::size_t r = 0; r < count_; ++r) {
            auto& all = list_[r];
            if (all.what.pass != pass) continue;
            all.of_all = all.what.is_sum
                ? combined(all, [](double x, double y) { return x + y; })
                : combined(all, [](double x, double y) { return is_nan(x) || (!is_nan(y) && y < x) ? x : y; });
        }
    }

  private:
    std::vector<reduction> list_;  // kept, so that a step allocates nothing
    std::size_t count_ = 0;        // of this step
    std::size_t tensors_ = 0;

    template <class Combine>
    static double combined(const reduction& all, Combine combine) {
        block_tree tree(combine);
        for (std::size_t i = 0; i < all.has.size(); ++i)
            if (all.has[i]) tree.push(all.of_tensor[i]);
        return tree.result();
    }
};

}  // namespace furl::detail
