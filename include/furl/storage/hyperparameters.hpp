#pragma once

#include <furl/base/error.hpp>
#include <furl/base/finite.hpp>
#include <furl/base/suggest.hpp>
#include <furl/program/program.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace FURL_NAMESPACE {

/// The hyperparameters of a rule by name, with their values.
template <class Plan>
class hyperparameter_values {
    static constexpr std::size_t size = Plan::program.hypers.size();

  public:
    static constexpr auto names = [] {
        std::array<std::string_view, size> result{};
        for (std::size_t i = 0; i < size; ++i) result[i] = Plan::program.hypers[i].name;
        return result;
    }();

    constexpr hyperparameter_values() {
        for (std::size_t i = 0; i < size; ++i) values_[i] = Plan::program.hypers[i].default_value;
    }

    /// The place of a name; size if there is none.
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

    /// The value of a name. Refuses it, with the names there are, if there is none.
    double& at(std::string_view name) {
        const auto i = find(name);
        if (i < size) return values_[i];
        nowhere_ = detail::not_a_number<double>;
        detail::refuse(detail::no_such("hyperparameter", name, "the rule", names));
        return nowhere_;
    }
    double at(std::string_view name) const {
        const auto i = find(name);
        return i < size ? values_[i]
                        : detail::refuse(detail::no_such("hyperparameter", name, "the rule", names),
                                         detail::not_a_number<double>);
    }

  private:
    std::array<double, size> values_{};
    double nowhere_ = 0;  // what a refused call returns, without exceptions
};

}  // namespace furl
