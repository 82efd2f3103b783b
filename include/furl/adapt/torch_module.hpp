#pragma once

#include <furl/adapt/torch/parts.hpp>
#include <furl/adapt/torch/python_class.hpp>
#include <furl/adapt/torch/python_stepper.hpp>

#include <torch/csrc/utils/pybind.h>

#include <string>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

/// The module's functions that its classes of Python are made by.
inline py::dict python_classes_of(py::module_& module) {
    if (py::hasattr(module, "_furl_classes")) return module.attr("_furl_classes");
    using text = std::string_view;
    py::class_<python_stepper>(module, "_Stepper", py::module_local())
        .def("check", &python_stepper::check)
        .def("check_hyperparameters", &python_stepper::check_hyperparameters)
        .def("step", &python_stepper::step)
        .def("value", [](const python_stepper& self, text name) { return self.value(name); })
        .def("parameters", &python_stepper::parameters)
        .def("states", &python_stepper::states)
        .def("load", &python_stepper::load)
        .def("defaults", &python_stepper::defaults)
        .def("no_hyperparameter", [](const python_stepper& self, text name) { return self.no_hyperparameter(name); })
        .def("is_misspelled", [](const python_stepper& self, text name) { return self.is_misspelled(name); })
        .def("rule", &python_stepper::rule);
    py::dict scope;
    scope["__builtins__"] = py::module_::import("builtins");
    scope["__name__"] = module.attr("__name__");
    const auto compile = py::module_::import("builtins").attr("compile");
    const auto code = compile(std::string(python_class_line - 1, '\n') + python_class, python_class_file, "exec");
    py::module_::import("builtins").attr("exec")(code, scope);
    module.attr("_furl_classes") = scope;
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
void add_torch_optimizer(py::module_& module, const std::string& name) {
    using parts = detail::torch_parts_of<Rule, Policies...>;
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
