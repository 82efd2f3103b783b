#pragma once

#include <furl/base/error.hpp>
#include <furl/base/finite.hpp>
#include <furl/base/suggest.hpp>
#include <furl/print/describe.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

/// Whether the value of a hyperparameter is a number; refuses it if not.
inline bool require_number(std::string_view name, double value) {
    return !is_nan(value) || refuse("furl: hyperparameter '" + std::string(name) + "' cannot be NaN");
}

/// Says that there is no hyperparameter of this name, in an optimizer that has `names`, and `of_tensors` with a value for each
/// tensor.
inline std::string no_hyperparameter(std::string_view name, std::string_view owner, std::span<const std::string_view> names,
                                     std::span<const std::string_view> of_tensors) {
    std::vector<std::string_view> all(names.begin(), names.end());
    all.insert(all.end(), of_tensors.begin(), of_tensors.end());
    return no_such("hyperparameter", name, owner, all);
}

/// Says that there is no single value of this name: there is one for each tensor, or none at all.
inline std::string no_single_value(std::string_view name, std::string_view owner, std::span<const std::string_view> names,
                                   std::span<const std::string_view> of_tensors) {
    if (std::ranges::find(of_tensors, name) == of_tensors.end()) return no_hyperparameter(name, owner, names, of_tensors);
    return "furl: hyperparameter '" + std::string(name) + "' has a value for each tensor; say which: get(\"" + std::string(name) +
           "\", tensor)";
}

}  // namespace detail

/// The hyperparameters of a rule by name, with their values.
template <class Plan>
class hyperparameter_values {
    static constexpr std::size_t size = Plan::program.hypers.size();

  public:
    static constexpr const auto& names = detail::hyperparameter_names<detail::plan_of<Plan>>;

    /// Returns the place of a name; `size` if there is no such name.
    static constexpr std::size_t find(std::string_view name) {
        std::size_t i = 0;
        while (i < size && names[i] != name) ++i;
        return i;
    }

    /// All values, in the order of the names.
    std::span<const double> values() const { return values_; }
    std::span<double> values() { return values_; }

    double& operator[](std::size_t i) { return values_[i]; }
    double operator[](std::size_t i) const { return values_[i]; }

  private:
    std::array<double, size> values_ = detail::hyperparameter_defaults<detail::plan_of<Plan>>;
};

}  // namespace furl
