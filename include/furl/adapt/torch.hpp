#pragma once

#include <furl/adapt/torch/archive.hpp>
#include <furl/adapt/torch/options.hpp>
#include <furl/adapt/torch/parts.hpp>
#include <furl/adapt/torch/stepper.hpp>

#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

/// Runs a rule as an optimizer of libtorch.
///
///     furl::torch_optimizer<my_adamw> opt(model->parameters(), {{"lr", 3e-4}});
///     opt.zero_grad();
///     loss.backward();
///     opt.step();
///
/// It is a torch::optim::Optimizer, so libtorch's schedulers, closures, torch::save and torch::load take it. All parameters step
/// together, so a reduction over all tensors, as in clip_by_global_norm, covers all groups. Each parameter counts the steps in
/// which it had a gradient, as in PyTorch; a rule with a guard that depends on the step, or with a count of its own
/// (steps_per_tensor, steps_per_row), is taken as it is.
///
/// Parameters are of Float, Double, BFloat16 or Half, mixed as you like (or as torch_types says). The step computes in double for
/// Double, else in float, and states are in the type that it computes in, unless a furl::storage says otherwise:
/// `furl::torch_optimizer<my_rule, furl::storage<furl::param_as<furl::split<furl::bfloat16>>, furl::states_as<furl::bfloat16>>>`. A
/// param_as applies to the parameters of its type, and a states_as to all that it fits.
///
/// A matrix is a matrix to the rule. A tensor of more dimensions has a row for each slice along the first one, and a vector is
/// one row. Any dense order of memory fits (channels_last); gradients in another order than their parameter are copied.
/// A sparse gradient steps only the rows that it names, if the rule can (furl::optimizer::step_rows).
///
/// A step runs on libtorch's threads where your unit is compiled with -fopenmp, else on one. Its bits do not depend on that.
///
/// @tparam Rule      a struct with a `static constexpr auto update`, without further inputs.
/// @tparam Policies  as in furl::optimizer, and furl::torch_types.
/// State:   that of the rule, for each parameter; made in the first step, or by a load.
/// Cost:    one furl step for all parameters of a group that have one element type; and to compile, one for each element type.
/// Errors:  std::invalid_argument, before anything is written: a name that is no hyperparameter; a parameter that is not in the memory
///          of the CPU, has gaps, has another element type, or is in two groups; a gradient that does not fit. The message
///          names the parameter.
/// Source:  torch::optim::Optimizer of libtorch 1.13. Differs from libtorch's own in that a parameter that is twice in a group, as tied
///          weights are in model->parameters(), steps once, and that a load restores hyperparameters.
template <class Rule, class... Policies>
class torch_optimizer : public torch::optim::Optimizer {
  public:
    using rule = Rule;  ///< the rule that it runs

    /// Makes an optimizer of these parameters, or of these groups. Groups can have hyperparameters of their own: see torch_group.
    explicit torch_optimizer(std::vector<torch::Tensor> parameters, const torch_options& defaults = {})
        : torch_optimizer(std::vector<torch::optim::OptimizerParamGroup>{torch_group(std::move(parameters))}, defaults) {}
    explicit torch_optimizer(const std::vector<torch::optim::OptimizerParamGroup>& groups, const torch_options& defaults = {})
        : Optimizer(std::vector<torch::optim::OptimizerParamGroup>{},
                    std::make_unique<torch_options>(defaults.completed(parts::defaults()))) {
        detail::require_no_inputs(facts);
        for (const auto& group : groups) add_param_group(group);
    }

    /// Adds a group. What its options do not set has the optimizer's defaults.
    void add_param_group(const torch::optim::OptimizerParamGroup& group) {
        auto all = param_groups_;
        all.emplace_back(group.params(), std::make_unique<torch_options>(completed(group, all.size())));
        for (const auto& place : detail::torch_parameters(facts).check(all))
            TORCH_WARN("furl: ", place.text(), " is in the group already, and is stepped once");
        Optimizer::add_param_group(all.back());
    }

    /// Does a step of the parameters that have a gradient. A closure computes the loss and the gradients first.
    ///
    /// @returns  the loss that the closure returns; else an undefined tensor.
    torch::Tensor step(LossClosure closure = nullptr) override {
        torch::Tensor loss;
        if (closure) {
            const at::AutoGradMode gradients(true);
            loss = closure();
        }
        const torch::NoGradGuard no_gradients;
        complete_groups();
        stepped_ = stepper_.step(param_groups_);
        return loss;
    }

    /// Returns whether the last step was done. It is false if the rule skipped the step (skip_nonfinite), or if no parameter had a
    /// gradient.
    bool stepped() const { return stepped_; }

    /// The options of a group: `opt.options().set("lr", 1e-4)`.
    torch_options& options(std::size_t group = 0) {
        complete_groups();
        if (group < param_groups_.size()) return static_cast<torch_options&>(param_groups_[group].options());
        throw std::invalid_argument("furl: no group " + std::to_string(group) + "; the optimizer has " +
                                    std::to_string(param_groups_.size()));
    }

    /// Sets a hyperparameter of all groups, and of groups that are added later.
    void set(std::string_view name, double value) {
        static_cast<torch_options&>(*defaults_).set(name, value);
        for (std::size_t g = 0; g < param_groups_.size(); ++g) options(g).set(name, value);
    }

    using Optimizer::state;
    /// Returns a copy of a state of a parameter: of one value per parameter with its sizes, of one per row or column with the first size or
    /// the others, else a number.
    torch::Tensor state(std::string_view name, const torch::Tensor& parameter) {
        const torch::NoGradGuard no_gradients;
        complete_groups();
        stepper_.parameters.prepare(param_groups_);
        const auto& p = stepper_.parameters.find(parameter);
        const auto states = p.part->info().states;
        std::vector<std::string_view> names;
        for (std::size_t s = 0; s < states.size(); ++s) {
            if (states[s].companion_of != state_info::no_companion) continue;
            if (states[s].name == name) return detail::state_values(*p.part, s, p.index, p.tensor);
            names.push_back(states[s].name);
        }
        throw std::invalid_argument(detail::no_such("state", name, "the rule", names));
    }

    /// Returns a per-step value that the rule names by let, as the last step computed it: a norm, the factor of a clipping.
    double value(std::string_view name) const { return stepper_.value(name); }

    /// Describes the rule: its hyperparameters, states and cost.
    static const rule_info& info() { return *facts.info; }

    /// Writes hyperparameters, states and step counts to an archive; torch::save calls it.
    void save(torch::serialize::OutputArchive& archive) const override {
        const torch::NoGradGuard no_gradients;
        detail::save(archive, stepper_.parameters, param_groups_);
    }
    /// Reads them into an optimizer of the same rule, storage, groups and sizes, which then goes on to the bit; torch::load calls it.
    ///
    /// Errors:  std::invalid_argument that names the parameter, what was expected and what was found. Then nothing has changed.
    void load(torch::serialize::InputArchive& archive) override {
        const torch::NoGradGuard no_gradients;
        complete_groups();
        detail::load(archive, stepper_.parameters, param_groups_, default_options());
    }

  private:
    using parts = detail::torch_parts_of<Rule, Policies...>;
    static constexpr const detail::torch_rule_facts& facts = parts::facts;

    mutable detail::torch_stepper stepper_{facts};  // a save makes states that are not there yet
    bool stepped_ = false;

    const torch_options& default_options() const { return static_cast<const torch_options&>(*defaults_); }

    torch_options completed(const torch::optim::OptimizerParamGroup& group, std::size_t number) const {
        if (!group.has_options()) return default_options();
        const auto* const own = dynamic_cast<const torch_options*>(&group.options());
        if (!own)
            detail::refuse("furl: group " + std::to_string(number) + " has options of another optimizer; give it furl::torch_options");
        return own->completed(default_options());
    }

    // Groups can come without being completed: by the base class, or by param_groups().
    void complete_groups() {
        for (std::size_t g = 0; g < param_groups_.size(); ++g) {
            auto& group = param_groups_[g];
            const auto* const own = group.has_options() ? dynamic_cast<const torch_options*>(&group.options()) : nullptr;
            if (!own || !own->are_like(default_options())) group.set_options(std::make_unique<torch_options>(completed(group, g)));
        }
    }
};

}  // namespace furl
