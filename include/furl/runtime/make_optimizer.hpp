#pragma once

#include <furl/optimizer.hpp>
#include <furl/runtime/registry.hpp>
#include <furl/zoo/list.hpp>

namespace FURL_NAMESPACE {

/// Returns a registry of all rules of the zoo.
///
/// Cost:    a unit that uses it takes 70 s and 3.2 GB to compile (g++ 12, -O2), for 103 rules. Use it in one unit of a
///          program, or list only the rules that you need in a furl::registry.
template <class T = float>
const registry<T>& zoo_registry() {
    static const registry<T> all(rules_of<zoo::all>{});
    return all;
}

/// Makes an optimizer whose rule is chosen from the zoo by name at run time.
///
/// `auto opt = furl::make_optimizer("adamw", {{"lr", 3e-4}}, sizes);`
///
/// @param rule      the name of a rule in furl::zoo.
/// @param settings  hyperparameters and their values; the others have the rule's defaults.
/// @param sizes     the size or shape of the tensor, a list of these, or the tensors themselves.
/// Cost:    see zoo_registry.
/// Errors:  std::invalid_argument if no rule or hyperparameter has a given name.
template <class T = float, class Sizes>
any_optimizer<T> make_optimizer(std::string_view rule, std::initializer_list<setting> settings, const Sizes& sizes) {
    return zoo_registry<T>().make(rule, settings, sizes);
}
template <class T = float>
any_optimizer<T> make_optimizer(std::string_view rule, std::initializer_list<setting> settings,
                                std::initializer_list<std::size_t> sizes) {
    return zoo_registry<T>().make(rule, settings, sizes);
}
template <class T = float>
any_optimizer<T> make_optimizer(std::string_view rule, std::initializer_list<setting> settings,
                                std::initializer_list<furl::shape> shapes) {
    return zoo_registry<T>().make(rule, settings, shapes);
}
template <class T = float, std::ranges::input_range Settings, class Sizes>
any_optimizer<T> make_optimizer(std::string_view rule, const Settings& settings, const Sizes& sizes) {
    return zoo_registry<T>().make(rule, settings, sizes);
}

}  // namespace furl
