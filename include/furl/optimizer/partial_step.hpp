#pragma once

#include <furl/base/error.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace FURL_NAMESPACE {

/// A step that is done tensor by tensor (step_tensor): the tensors that are done, and which of them had a gradient.
class partial_step {
  public:
    bool open() const { return count_ > 0; }

    /// Of each tensor, whether it was stepped; and whether any was.
    std::span<const unsigned char> had_part() const { return had_part_; }
    bool any_had_part() const { return std::ranges::find(had_part_, 1) != had_part_.end(); }

    /// Whether a tensor has its part still before it; refused if not.
    bool require(std::size_t tensor, std::size_t tensors) {
        is_done_.resize(tensors);
        had_part_.resize(tensors);
        return !is_done_[tensor] ||
               detail::refuse("furl: tensor " + std::to_string(tensor) +
                              " had its part of this step already; finish_step() ends it without the others");
    }

    /// Whether no such step is open; refused if one is.
    bool require_none() const {
        return count_ == 0 || detail::refuse("furl: a step tensor by tensor is open, " + std::to_string(count_) + " of " +
                                             std::to_string(is_done_.size()) + " are done; finish_step() ends it");
    }

    /// Notes the turn of a tensor; whether it was the last.
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
