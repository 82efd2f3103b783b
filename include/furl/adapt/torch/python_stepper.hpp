#pragma once

#include <furl/adapt/torch/python_groups.hpp>
#include <furl/adapt/torch/saved.hpp>
#include <furl/adapt/torch/stepper.hpp>
#include <furl/base/suggest.hpp>

#include <torch/csrc/utils/pybind.h>
#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Steps the parameters of an optimizer of PyTorch, and has their states. The class of Python (python_class.hpp) calls it.
class [[gnu::visibility("hidden")]] python_stepper {
  public:
    python_stepper(const torch_rule_facts& facts, const torch_options& defaults) : groups_(defaults), stepper_(facts) {}

    /// Refuses groups that cannot be stepped.
    void check(const py::list& groups) {
        groups_.read(groups);
        stepper_.parameters.check(groups_.groups());
    }
    /// Refuses hyperparameters of groups that are being loaded.
    void check_hyperparameters(const py::list& groups) const {
        for (std::size_t g = 0; g < groups.size(); ++g) groups_.options_of(groups[g], g);
    }

    /// Does a step of the parameters that have a gradient. Returns whether any was done.
    bool step(const py::list& groups) {
        groups_.read(groups);
        const py::gil_scoped_release others_run;
        const torch::NoGradGuard no_gradients;
        return stepper_.step(groups_.groups());
    }

    double value(std::string_view name) const { return stepper_.value(name); }

    /// The parameters that have states.
    std::vector<at::Tensor> parameters() const {
        std::vector<at::Tensor> list;
        for (const auto& p : stepper_.parameters)
            if (!p.is_repetition) list.push_back(p.tensor);
        return list;
    }

    /// The states of a parameter by name, as tensors that share their memory, and what else a load needs.
    py::dict states(const at::Tensor& parameter) const {
        const auto& p = stepper_.parameters.find(parameter);
        py::dict all;
        bool in_blocks = false;
        for (std::size_t s = 0; s < p.part->info().states.size(); ++s) {
            const auto x = state_tensor(*p.part, s, p.index, p.tensor);
            all[py::str(std::string(p.part->info().states[s].name))] =
                at::from_blob(x.data_ptr(), x.sizes(), x.strides(), [part = p.part](void*) {}, x.options());
            in_blocks |= is_in_blocks(*p.part, s, p.index);
        }
        all[step_count] = p.part->step_count();
        if (p.is_sparse) all[sparse] = true;
        if (in_blocks) all[strides] = p.strides;
        return all;
    }

    /// Takes the states of some parameters. Everything is checked before anything is changed.
    void load(const py::list& groups, const py::dict& states_of_parameters) {
        const torch::NoGradGuard no_gradients;
        auto& all = stepper_.parameters;
        groups_.read(groups);
        all.prepare(groups_.groups());
        std::vector<unsigned char> are_sparse;
        for (const auto& p : all) are_sparse.push_back(p.is_sparse);
        std::vector<saved_parameter> list;
        for (auto [key, values] : states_of_parameters) {
            const auto& p = all.find(require_tensor(key, "a key of the state"));
            if (!py::isinstance<py::dict>(values)) throw py::type_error("furl: the states of " + p.place.text() + " are not a dict");
            list.push_back(read(p, static_cast<std::size_t>(&p - &*all.begin()), py::reinterpret_borrow<py::dict>(values)));
            are_sparse[list.back().number] = list.back().is_sparse;
        }
        all.set_sparse(are_sparse);
        for (const auto& saved : list) {
            const auto& p = all[saved.number];
            for (std::size_t s = 0; s < saved.states.size(); ++s) state_tensor(*p.part, s, p.index, p.tensor).copy_(saved.states[s]);
            p.part->set_step_count(saved.steps);
        }
    }

    /// The hyperparameters with their defaults.
    py::dict defaults() const {
        py::dict all;
        for (const auto& [name, value] : groups_.defaults().values()) all[py::str(name)] = value;
        return all;
    }
    /// Returns the error text for a name that is no hyperparameter; it suggests the nearest one.
    std::string no_hyperparameter(std::string_view name) const { return no_such("hyperparameter", name, "the rule", names()); }
    /// Tells whether a key of a group looks like a misspelled hyperparameter. Keys such as "initial_lr" belong to schedulers.
    bool is_misspelled(std::string_view name) const {
        const auto list = names();
        const auto meant = nearest_name(name, list);
        return !meant.empty() && meant != name && !name.ends_with("_" + std::string(meant));
    }

    /// Names the rule, so that a load refuses the states of another one.
    py::dict rule() const {
        const auto& facts = stepper_.parameters.facts();
        py::dict all;
        all["version"] = 1;
        all["rule"] = std::string(facts.rule);
        all["fingerprint"] = facts.info->fingerprint;
        return all;
    }

  private:
    // Beside the states, whose names are names of C++.
    static constexpr const char *step_count = "furl.step", *sparse = "furl.sparse", *strides = "furl.strides";

    struct saved_parameter {
        std::size_t number = 0;
        std::int64_t steps = 0;
        bool is_sparse = false;
        std::vector<at::Tensor> states{};
    };

    python_groups groups_;
    torch_stepper stepper_;

    std::vector<std::string_view> names() const {
        std::vector<std::string_view> list;
        for (const auto& x : groups_.defaults().values()) list.push_back(x.first);
        return list;
    }

    static saved_parameter read(const torch_parameter& p, std::size_t number, const py::dict& values) {
        const auto of = "' of " + p.place.text();
        const auto required = [&](const std::string& name) {
            if (!values.contains(name)) throw py::key_error("furl: the state_dict has no state '" + name + of);
            return py::object(values[py::str(name)]);
        };
        saved_parameter saved{number};
        const auto order = values.contains(strides) ? values[strides].cast<std::vector<std::int64_t>>() : p.strides;
        for (std::size_t s = 0; s < p.part->info().states.size(); ++s) {
            const std::string name(p.part->info().states[s].name);
            saved.states.push_back(require_tensor(required(name), "the state '" + name + of));
            require_saved_state(p, s, saved.states.back(), order, "the state_dict");
        }
        saved.steps = required(step_count).cast<std::int64_t>();
        require_step_count(saved.steps);
        saved.is_sparse = values.contains(sparse) && values[sparse].cast<bool>();
        return saved;
    }
};

}  // namespace furl::detail
