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

}  // namespace furl
