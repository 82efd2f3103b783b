#pragma once

#include <furl/base/error.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace FURL_NAMESPACE {

/// A partial step is one that is done tensor by tensor (step_tensor). This keeps which tensors are done, and which of them had a
/// gradient.
class partial_step {
  public:
    bool open() const { return count_ > 0; }

    /// had_part says for each tensor whether it was stepped; any_had_part whether any was.
    std::span<const unsigned char> had_part() const { return had_part_; }
    bool any_had_part() const { return std::ranges::find(had_part_, 1) != had_part_.end(); }

    /// Whether a tensor is not done yet; refuses it if it is.
    bool require(std::size_t tensor, std::size_t tensors) {
        is_done_.resize(tensors);
        had_part_.resize(tensors);
        return !is_done_[tensor] ||
               detail::refuse("furl: tensor " + std::to_string(tensor) +
                              " had its part of this step already; finish_step() ends it without the others");
    }

    /// Whether no partial step is open; refuses the call if one is.
    bool require_none() const {
        return count_ == 0 || detail::refuse("furl: a step tensor by tensor is open, " + std::to_string(count_) + " of " +
                                             std::to_string(is_done_.size()) + " are done; finish_step() ends it");
    }

    /// Notes that a tensor is done, and returns whether it was the last.
    bool take(std::size_t tensor, bool has_part) {
        is_done_[tensor] = 1;
        had_part_[tensor] = has_part;
        return ++count_ == is_done_.size();
    }

    void end() {
        std::ranges::fill(is_done_, static_cast<unsigned char>(0));
        std::ranges::fill(had_part_, static_cast<unsigned char>(0));
        count_ = 0;
    }

  private:
    std::vector<unsigned char> is_done_, had_part_;
    std::size_t count_ = 0;
};

}  // namespace furl
