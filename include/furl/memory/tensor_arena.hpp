#pragma once

#include <furl/memory/arena.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

namespace FURL_NAMESPACE {

/// Memory for the parameters and gradients of a model, placed so that a step is fast: one loop goes over all small tensors,
/// streams do not compete for the same cache sets, and large memory is in huge pages if there are any.
///
///     furl::tensor_arena<float> memory({784 * 500, 500, 500 * 10, 10});
///     furl::optimizer<my_rule> opt(memory.sizes());
///     opt.step(memory.parameters(), memory.gradients());
///
/// The model computes on the spans that the arena gives: `memory.parameter(0)` is the first tensor. All values start at 0.
///
/// @tparam T  float, double, bfloat16 or float16.
/// Errors:  std::bad_alloc if memory cannot hold so much.
template <class T>
class tensor_arena {
    enum stream : std::size_t { parameter_stream, gradient_stream, streams };

  public:
    /// The tensors of one stream, in their order. This is a view, so it must not outlive the arena.
    class tensor_range {
      public:
        /// An iterator over tensors.
        class iterator {
          public:
            using value_type = std::span<T>;         ///< a tensor
            using difference_type = std::ptrdiff_t;  ///< a distance between tensors

            iterator() = default;
            /// Points to the i-th tensor of a range.
            iterator(const tensor_range* range, std::size_t i) : range_(range), i_(i) {}

            /// The tensor.
            std::span<T> operator*() const { return range_->arena_->tensor(range_->start_, i_); }
            /// Moves to the next tensor.
            iterator& operator++() {
                ++i_;
                return *this;
            }
            /// Moves to the next tensor.
            iterator operator++(int) { return {range_, i_++}; }
            /// Whether both point to the same tensor.
            bool operator==(const iterator&) const = default;

          private:
            const tensor_range* range_ = nullptr;
            std::size_t i_ = 0;
        };

        /// Makes a view of the tensors of a stream.
        tensor_range(const tensor_arena& arena, stream which) : arena_(&arena), start_(arena.start(which)) {}

        /// Points to the first tensor.
        iterator begin() const { return {this, 0}; }
        /// Points past the last tensor.
        iterator end() const { return {this, size()}; }
        /// The number of tensors.
        std::size_t size() const { return arena_->tensors(); }

      private:
        const tensor_arena* arena_;
        T* start_;
    };

    /// Makes an arena for tensors of these sizes.
    explicit tensor_arena(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)), memory_(std::vector<arena_stream>(streams, {sizeof(T)}), sizes_) {
        for (std::size_t s = 0; s < streams; ++s) set_to_zero(static_cast<stream>(s));
    }
    explicit tensor_arena(std::initializer_list<std::size_t> sizes) : tensor_arena(std::vector<std::size_t>(sizes)) {}

    /// The number of tensors.
    std::size_t tensors() const { return sizes_.size(); }
    /// The number of elements of each tensor.
    const std::vector<std::size_t>& sizes() const { return sizes_; }

    /// The parameters of a tensor.
    std::span<T> parameter(std::size_t tensor) const { return this->tensor(start(parameter_stream), tensor); }
    /// The gradients of a tensor.
    std::span<T> gradient(std::size_t tensor) const { return this->tensor(start(gradient_stream), tensor); }

    /// All tensors in their order, as a step takes them.
    tensor_range parameters() const { return {*this, parameter_stream}; }
    tensor_range gradients() const { return {*this, gradient_stream}; }

    /// Sets all gradients to 0. A rule can do so in its own pass: zero_grad(update).
    void zero_gradients() { set_to_zero(gradient_stream); }

  private:
    std::vector<std::size_t> sizes_;
    arena memory_;

    // Bytes of 0 are the number 0 in every format.
    void set_to_zero(stream which) { std::ranges::fill(memory_.stream(which), std::byte{0}); }

    T* start(stream which) const { return reinterpret_cast<T*>(memory_.stream(which).data()); }
    std::span<T> tensor(T* start, std::size_t i) const { return {start + memory_.offset(i), sizes_[i]}; }
};

}  // namespace furl
