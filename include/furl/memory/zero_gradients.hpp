#pragma once

#include <furl/memory/step_data.hpp>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <type_traits>

namespace FURL_NAMESPACE {

/// Sets gradients to 0: for a loop that sums them, after a step that was skipped.
///
///     if (!opt.step(w, g)) furl::zero_gradients(g);
///
/// A step that is done does so itself if its rule says zero_grad(update). In a program without exceptions `step` also returns
/// false where it was refused: ask furl::last_error() first.
///
/// @param gradients  one tensor or a list of tensors, as a step takes them.
/// @returns  true.
/// Errors:  E15 or std::invalid_argument, before anything is written, if a matrix is not contiguous.
template <class Gradients>
    requires(!std::is_const_v<typename detail::element_of<std::remove_reference_t<Gradients>>::type> &&
             !std::is_void_v<typename detail::element_of<std::remove_reference_t<Gradients>>::type>)
bool zero_gradients(Gradients&& gradients) {
    using tensor = detail::tensor_of_t<std::remove_reference_t<Gradients>>;
    static_assert(!detail::has_known_gaps<tensor>, "furl[E15]: the elements of this matrix are not contiguous by its type. "
                                                   "See docs/errors.md#E15");
    if (!detail::require_layout("gradients", 0, gradients, gradients)) return false;
    detail::for_each_tensor(gradients, [](std::size_t, auto* data, std::size_t n) {
        std::fill_n(data, n, std::remove_pointer_t<decltype(data)>{});
    });
    return true;
}
/// Does the same for a braced list: `furl::zero_gradients({grad_w, grad_b})`.
inline void zero_gradients(std::initializer_list<std::span<float>> gradients) {
    for (auto gradient : gradients) std::ranges::fill(gradient, 0.0f);
}
inline void zero_gradients(std::initializer_list<std::span<double>> gradients) {
    for (auto gradient : gradients) std::ranges::fill(gradient, 0.0);
}

}  // namespace furl
