#pragma once

#include <furl/adapt/torch/parts.hpp>
#include <furl/adapt/torch/python_class.hpp>
#include <furl/adapt/torch/python_stepper.hpp>
#include <furl/print/type_name.hpp>

#include <torch/csrc/utils/pybind.h>

#include <string>
#include <string_view>

namespace FURL_NAMESPACE {

namespace detail {

namespace {
struct this_unit {};  // each unit has its own
}  // namespace

/// The rule of a module. What is compiled for it has no name outside of its unit: for a program that loads two modules, in which
/// different rules have one name, g++ would else give both modules the data of the first one.
template <class Unit, class Rule>
struct rule_of_unit {
    static constexpr auto update = Rule::update;
};

template <class Unit, class Rule, class... Policies>
struct module_parts : torch_parts_of<rule_of_unit<Unit, Rule>, Policies...> {
    using parts = torch_parts_of<rule_of_unit<Unit, Rule>, Policies...>;
    static constexpr torch_rule_facts facts = [] {
        auto facts = parts::facts;
        facts.rule = type_name<Rule>();
        return facts;
    }();
};

/// Makes the class of Python that hides a python_stepper known to pybind11, once in each library.
[[gnu::visibility("hidden")]] inline void register_python_stepper() {
    using text = std::string_view;
    using self = const python_stepper;
    static const auto* const known = new auto(py::class_<python_stepper>(py::handle(), "Stepper", py::module_local())
                                                  .def("check", &python_stepper::check)
                                                  .def("check_hyperparameters", &python_stepper::check_hyperparameters)
                                                  .def("step", &python_stepper::step)
                                                  .def("value", [](self& x, text name) { return x.value(name); })
                                                  .def("parameters", &python_stepper::parameters)
                                                  .def("states", &python_stepper::states)
                                                  .def("load", &python_stepper::load)
                                                  .def("defaults", &python_stepper::defaults)
                                                  .def("no_hyperparameter", [](self& x, text name) { return x.no_hyperparameter(name); })
                                                  .def("is_misspelled", [](self& x, text name) { return x.is_misspelled(name); })
                                                  .def("rule", &python_stepper::rule));
    static_cast<void>(known);
}

/// The names that python_class.hpp defines, in the first call for a module.
inline py::dict python_classes_of(py::module_& module) {
    if (py::hasattr(module, "_furl")) return module.attr("_furl");
    register_python_stepper();
    const auto builtins = py::module_::import("builtins");
    py::dict scope;
    scope["__builtins__"] = builtins;
    scope["__name__"] = module.attr("__name__");
    const auto code = builtins.attr("compile")(std::string(python_class_line - 1, '\n') + python_class, python_class_file, "exec");
    builtins.attr("exec")(code, scope);
    module.attr("_furl") = scope;
    return scope;
}

}  // namespace detail

/// Adds a class to a module of Python, which runs a rule as an optimizer of PyTorch. FURL_TORCH_MODULE is shorter where a module has
/// one rule:
///
///     PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
///         furl::add_torch_optimizer<my_adamw>(module, "AdamW");
///         furl::add_torch_optimizer<my_sgd>(module, "SGD");
///     }
///
/// The class derives from torch.optim.Optimizer: it has param_groups, which schedulers change, and state, state_dict and
/// load_state_dict. How tensors are treated is as in torch_optimizer.
///
/// @tparam Rule      a struct with a `static constexpr auto update`, without further inputs.
/// @tparam Policies  as in torch_optimizer.
/// @param  module    the module.
/// @param  name      the name of the class.
/// Errors:  std::invalid_argument, which is ValueError in Python, if the rule has further inputs.
template <class Rule, class... Policies>
[[gnu::visibility("hidden")]] void add_torch_optimizer(py::module_& module, const std::string& name) {
    using parts = detail::module_parts<detail::this_unit, Rule, Policies...>;
    detail::require_no_inputs(parts::facts);
    const auto make = py::cpp_function([] { return detail::python_stepper(parts::facts, parts::defaults()); });
    py::list states;
    for (const auto& s : parts::facts.info->states) states.append(std::string(s.name));
    module.attr(name.c_str()) = detail::python_classes_of(module)["optimizer_class"](name, module.attr("__name__"), make, states);
}

}  // namespace furl

/// Makes the unit a module of Python, whose class Optimizer runs a rule as an optimizer of PyTorch. It takes the rule, and policies as
/// furl::torch_optimizer does. torch.utils.cpp_extension compiles the unit and names the module.
#define FURL_TORCH_MODULE(...) \
    PYBIND11_MODULE(TORCH_EXTENSION_NAME, furl_module) { furl::add_torch_optimizer<__VA_ARGS__>(furl_module, "Optimizer"); }
