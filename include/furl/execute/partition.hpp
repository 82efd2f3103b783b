#pragma once

#include <furl/base/inline_list.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace FURL_NAMESPACE {

/// This cuts the elements of a list of tensors into chunks, for threads, and into spans, for reductions.
///
/// A span is 4096 elements of one tensor, or the rest of it. A reduction has one partial result for each span, so that these do
/// not depend on the chunks; a chunk is a run of whole spans, of one tensor or of many.
class partition {
  public:
    static constexpr std::size_t span_size = 4096;  // elements; a power of two times reduction_segment
    static constexpr std::size_t least = 8192;      // elements that are worth a second thread

    explicit partition(std::span<const std::size_t> sizes) : weight_(sizes.size() + 1), sizes_(sizes.size()), first_span_(sizes.size() + 1) {
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            sizes_[i] = sizes[i];
            first_span_[i + 1] = first_span_[i] + (sizes[i] + span_size - 1) / span_size;
            weight_[i + 1] = weight_[i] + sizes[i] + per_tensor;
        }
    }

    std::size_t tensors() const { return sizes_.size(); }
    std::size_t size(std::size_t tensor) const { return sizes_[tensor]; }
    std::span<const std::size_t> sizes() const { return {sizes_.data(), sizes_.size()}; }

    /// spans counts the spans of all tensors, and first_span those before one tensor.
    std::size_t spans() const { return sizes_.empty() ? 0 : first_span_.back(); }
    std::size_t first_span(std::size_t tensor) const { return first_span_[tensor]; }

    /// Returns the number of chunks for a number of threads. Where there is enough to do, it is the same for each thread, and up
    /// to four, because threads are not equally fast.
    std::size_t chunks(std::size_t threads) const {
        if (threads < 2 || sizes_.empty()) return 1;
        const auto worth_it = weight_.back() / least;
        if (worth_it == 0) return 1;
        if (worth_it < threads) return std::max<std::size_t>(2, worth_it);
        return threads * std::min<std::size_t>(4, worth_it / threads);
    }

    /// Calls visit(tensor, first, last) for the elements of chunk i of n, tensor by tensor. Over all chunks each tensor has
    /// exactly one visit from its first element on, even a tensor without elements.
    template <class Visit>
    void visit_chunk(std::size_t i, std::size_t n, Visit visit) const {
        if (n == 1) {
            for (std::size_t tensor = 0; tensor < tensors(); ++tensor) visit(tensor, std::size_t{0}, sizes_[tensor]);
            return;
        }
        visit_between(place(i, n), place(i + 1, n), visit);
    }

    /// The place of an element in the list of tensors. The end of the list is element 0 of the tensor behind the last.
    struct position {
        std::size_t tensor, element;
    };

    /// Does the same for the elements between two places.
    template <class Visit>
    void visit_between(position from, position to, Visit visit) const {
        for (auto tensor = from.tensor; tensor < tensors(); ++tensor) {
            const auto first = tensor == from.tensor ? from.element : 0;
            const auto last = tensor == to.tensor ? to.element : sizes_[tensor];
            const bool starts_here = first == 0 && tensor != to.tensor;
            if (first < last || starts_here) visit(tensor, first, last);
            if (tensor == to.tensor) return;
        }
    }

  private:
    // The cost of a tensor besides its elements, counted in elements.
    static constexpr std::size_t per_tensor = 64;

    // Returns where chunk i of n starts.
    position place(std::size_t i, std::size_t n) const {
        if (i == 0) return {0, 0};
        if (i == n) return {tensors(), 0};
        const auto total = weight_.back();
        const auto wanted = total / n * i + total % n * i / n;
        const auto after = std::upper_bound(weight_.begin(), weight_.end(), wanted);
        const auto tensor = static_cast<std::size_t>(after - weight_.begin()) - 1;
        if (tensor >= tensors()) return {tensors(), 0};
        const auto element = (wanted - weight_[tensor]) / span_size * span_size;
        return element < sizes_[tensor] || element == 0 ? position{tensor, element} : position{tensor + 1, 0};
    }

    std::vector<std::size_t> weight_;  // the weight of all tensors before
    inline_list<std::size_t, 1> sizes_;
    inline_list<std::size_t, 2> first_span_;  // the number of spans before
};

}  // namespace furl
