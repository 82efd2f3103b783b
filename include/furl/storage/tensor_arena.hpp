#pragma once

#include <furl/storage/arena.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <span>
#include <vector>

namespace furl {

/// Memory for the parameters and gradients of a model, placed so that a step is fast: one loop over all small tensors, no
/// stream in the way of another, huge pages where it is large.
///
///     furl::tensor_arena<float> memory({784 * 500, 500, 500 * 10, 10});
///     furl::optimizer<my_rule> opt(memory.sizes());
///     opt.step(memory.parameters(), memory.gradients());
///
/// The model computes on the spans that it hands out: `memory.parameter(0)` is the first tensor. All values start at 0.
///
/// @tparam T  float or double.
/// Errors:  std::bad_alloc if memory cannot hold so much.
template <class T>
class tensor_arena {
    enum stream : std::size_t { parameter_stream, gradient_stream, streams };

  public:
    /// For tensors of these sizes.
    explicit tensor_arena(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)), memory_(streams, sizes_) {
        for (std::size_t s = 0; s < streams; ++s) std::ranges::fill(memory_.stream(s), T{0});
    }
    explicit tensor_arena(std::initializer_list<std::size_t> sizes) : tensor_arena(std::vector<std::size_t>(sizes)) {}

    /// The number of tensors.
    std::size_t tensors() const { return sizes_.size(); }
    /// Their numbers of elements.
    const std::vector<std::size_t>& sizes() const { return sizes_; }

    /// The parameters of a tensor.
    std::span<T> parameter(std::size_t tensor) const { return {memory_.at(parameter_stream, tensor), sizes_[tensor]}; }
    /// The gradients of a tensor.
    std::span<T> gradient(std::size_t tensor) const { return {memory_.at(gradient_stream, tensor), sizes_[tensor]}; }

    /// All tensors in their order, as a step takes them.
    auto parameters() const { return list(&tensor_arena::parameter); }
    auto gradients() const { return list(&tensor_arena::gradient); }

    /// Sets all gradients to 0. A rule can do so in its own pass: zero_grad(update).
    void zero_gradients() { std::ranges::fill(memory_.stream(gradient_stream), T{0}); }

  private:
    std::vector<std::size_t> sizes_;
    arena<T> memory_;

    auto list(std::span<T> (tensor_arena::*which)(std::size_t) const) const {
        return std::views::iota(std::size_t{0}, tensors()) |
               std::views::transform([this, which](std::size_t i) { return (this->*which)(i); });
    }
};

}  // namespace furl
