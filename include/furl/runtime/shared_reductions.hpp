#pragma once

#include <furl/base/finite.hpp>
#include <furl/execute/reduction_tree.hpp>
#include <furl/print/rule_info.hpp>

#include <cstddef>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The reductions over all tensors in a step that several optimizers take together. Each combines the results of all tensors
/// whose rules have this reduction, in the order of the tensors, so its bits are those that one optimizer of all tensors gives.
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

    /// Begins a step of `tensors` tensors.
    void start(std::size_t tensors) {
        tensors_ = tensors;
        count_ = 0;
    }

    /// Finds the reduction with the same key, or adds it.
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

    /// Combines the reductions whose results are known after a pass.
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
    std::size_t count_ = 0;        // how many of them this step uses
    std::size_t tensors_ = 0;

    template <class Combine>
    static double combined(const reduction& all, Combine combine) {
        pairwise_tree tree(combine);
        for (std::size_t i = 0; i < all.has.size(); ++i)
            if (all.has[i]) tree.push(all.of_tensor[i]);
        return tree.result();
    }
};

}  // namespace furl::detail
