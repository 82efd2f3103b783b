#pragma once

#include <furl/storage/tensors.hpp>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <type_traits>

namespace FURL_NAMESPACE {

/// Sets gradients to 0: for a loop that sums them, after a step that was skipped.
///
///     if (!opt.step(w, g)) furl::zero_gradients(g);
///
/// A step that is done does so by itself where its rule says zero_grad(update). In a program without exceptions `step` also
/// returns false where it was refused: ask furl::last_error() first.
///
/// @param gradients  one tensor or a list of tensors, as a step takes them.
template <class Gradients>
    requires(!std::is_const_v<typename detail::element_of<std::remove_reference_t<Gradients>>::type> &&
             !std::is_void_v<typename detail::element_of<std::remove_reference_t<Gradients>>::type>)
void zero_gradients(Gradients&& gradients) {
    detail::for_each_tensor(gradients, [](std::size_t, auto* data, std::size_t n) {
        std::fill_n(data, n, std::remove_pointer_t<decltype(data)>{});
    });
}
/// The same for a braced list: `furl::zero_gradients({grad_w, grad_b})`.
inline void zero_gradients(std::initializer_list<std::span<float>> gradients) {
    for (auto gradient : gradients) std::ranges::fill(gradient, 0.0f);
}
inline void zero_gradients(std::initializer_list<std::span<double>> gradients) {
    for (auto gradient : gradients) std::ranges::fill(gradient, 0.0);
}

}  // namespace furl
