#pragma once

#include <furl/base/error.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace FURL_NAMESPACE {

/// Which tensors had their part of a step that is done tensor by tensor.
class tensor_turns {
  public:
    bool open() const { return count_ > 0; }
    std::span<const unsigned char> had_part() const { return had_part_; }

    /// Whether a tensor has its part still before it; refused if not.
    bool require(std::size_t tensor, std::size_t tensors) {
        had_part_.resize(tensors);
        return !had_part_[tensor] ||
               detail::refuse("furl: tensor " + std::to_string(tensor) +
                              " had its part of this step already; finish_step() ends it without the others");
    }

    /// Whether no such step is open; refused if one is.
    bool require_none() const {
        return count_ == 0 || detail::refuse("furl: a step tensor by tensor is open, " + std::to_string(count_) + " of " +
                                             std::to_string(had_part_.size()) + " are done; finish_step() ends it");
    }

    /// Notes the part of a tensor; whether it was the last.
    bool take(std::size_t tensor) {
        had_part_[tensor] = 1;
        return ++count_ == had_part_.size();
    }

    void end() {
        std::ranges::fill(had_part_, static_cast<unsigned char>(0));
        count_ = 0;
    }

  private:
    std::vector<unsigned char> had_part_;
    std::size_t count_ = 0;
};

}  // namespace furl
