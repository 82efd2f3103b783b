#pragma once

#include <furl/base/build.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace FURL_NAMESPACE {

/// A hyperparameter and its value.
struct setting {
    std::string_view name;
    double value;
};

/// An input of a step that is named at run time: a tensor for each tensor of the optimizer, or one number (furl::step_input).
template <class T>
struct named_data {
    std::string_view name;
    std::span<const std::span<const T>> tensors{};
    std::optional<double> number{};
};

namespace detail {

/// Error E42, for an optimizer behind an interface of run time.
template <bool Fits>
struct diagnose_named {
    static_assert(Fits, "furl[E42]: behind any_optimizer, grouped_optimizer and names of run time, parameters, gradients and "
                        "inputs are of the element type, or parameters and gradients of the second type, any_optimizer<float, "
                        "furl::bfloat16>; states may have formats. See docs/errors.md#E42");
};

}  // namespace detail

}  // namespace furl
