#pragma once

#include <furl/optimizer/hyperparameters.hpp>
#include <furl/optimizer/named_values.hpp>

// clang compiles the headers of libtorch 1.13 as C++20 only if this one is their first.
#include <ATen/core/ivalue.h>

#include <torch/optim/optimizer.h>
#include <torch/serialize/archive.h>
#include <torch/types.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

/// The hyperparameters of a group of a torch_optimizer, by name. libtorch's schedulers read and set "lr".
///
/// `furl::torch_options options{{"lr", 3e-4}, {"weight_decay", 0}};`
///
/// Those that are not set have the optimizer's defaults, from the time when the group is added. From then on only the names of
/// the rule's hyperparameters can be set.
///
/// Errors:  std::invalid_argument if a value is NaN, or if the rule has no hyperparameter of a name; the message lists the names.
class torch_options : public torch::optim::OptimizerOptions {
  public:
    /// Sets nothing.
    torch_options() = default;
    /// Sets these values.
    torch_options(std::initializer_list<setting> settings) {
        for (const auto& s : settings) set(s.name, s.value);
    }

    /// Sets a hyperparameter. The next step uses the value.
    torch_options& set(std::string_view name, double value) {
        detail::require_number(name, value);
        if (auto* const found = find(name)) *found = value;
        else if (rule_) refuse(name);
        else values_.emplace_back(name, value);
        return *this;
    }
    /// Returns a hyperparameter.
    double get(std::string_view name) const {
        if (const auto* const found = find(name)) return *found;
        return refuse(name);
    }
    /// Tells whether a hyperparameter has a value.
    bool has(std::string_view name) const { return find(name) != nullptr; }

    /// All names with their values.
    const std::vector<std::pair<std::string, double>>& values() const { return values_; }

    /// These are what libtorch calls: for schedulers, and to copy, save and load a group.
    double get_lr() const override { return get("lr"); }
    void set_lr(const double lr) override { set("lr", lr); }
    std::unique_ptr<OptimizerOptions> clone() const override { return std::make_unique<torch_options>(*this); }
    void serialize(torch::serialize::OutputArchive& archive) const override {
        for (const auto& [name, value] : values_) archive.write(name, torch::IValue(value));
    }
    void serialize(torch::serialize::InputArchive& archive) override {
        for (const auto& name : archive.keys()) {
            torch::IValue value;
            archive.read(name, value);
            set(name, value.toDouble());
        }
    }

    /// Returns the defaults of a rule.
    ///
    /// @param rule        what furl::describe says of it.
    /// @param of_tensors  its hyperparameters of each tensor.
    static torch_options defaults_of(const rule_info& rule, std::span<const setting> of_tensors) {
        torch_options all;
        for (std::size_t i = 0; i < rule.hyperparameters.size(); ++i) all.set(rule.hyperparameters[i], rule.defaults[i]);
        for (const auto& s : of_tensors) all.set(s.name, s.value);
        all.rule_ = &rule;
        return all;
    }
    /// Returns these options with the defaults of an optimizer for what is not set, in the order of the defaults.
    torch_options completed(const torch_options& defaults) const {
        auto all = defaults;
        for (const auto& [name, value] : values_) all.set(name, value);
        return all;
    }
    /// Returns whether these options were made for the rule that the defaults of an optimizer belong to. Then they have a value for
    /// each hyperparameter.
    bool are_like(const torch_options& defaults) const { return rule_ == defaults.rule_; }

  private:
    std::vector<std::pair<std::string, double>> values_;
    const rule_info* rule_ = nullptr;  // the rule whose hyperparameters these are; null until the group is added

    const double* find(std::string_view name) const {
        const auto found = std::ranges::find_if(values_, [&](const auto& x) { return x.first == name; });
        return found == values_.end() ? nullptr : &found->second;
    }
    double* find(std::string_view name) { return const_cast<double*>(std::as_const(*this).find(name)); }

    double refuse(std::string_view name) const {
        std::vector<std::string_view> names;
        for (const auto& x : values_) names.push_back(x.first);
        return detail::refuse(rule_ ? detail::no_such("hyperparameter", name, "the rule", names)
                                    : "furl: these options have no '" + std::string(name) + "'; they get the defaults when their group is added",
                              detail::not_a_number<double>);
    }
};

/// Makes a group of parameters with hyperparameters of its own.
///
/// `furl::torch_optimizer<my_rule> opt({furl::torch_group(matrices), furl::torch_group(vectors, {{"weight_decay", 0}})}, {{"lr", 3e-4}});`
inline torch::optim::OptimizerParamGroup torch_group(std::vector<torch::Tensor> parameters, const torch_options& options = {}) {
    return {std::move(parameters), std::make_unique<torch_options>(options)};
}

}  // namespace furl
