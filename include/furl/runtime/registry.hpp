#pragma once

#include <furl/print/type_name.hpp>
#include <furl/runtime/any_optimizer.hpp>

#include <algorithm>
#include <map>
#include <string>

namespace furl {

template <class T = float, class E = T>
class registry;

}  // namespace furl

namespace FURL_NAMESPACE {

/// A list of rules for a registry. The name of a rule is its type's name without namespaces, or a name given by furl::as:
/// `furl::rules<furl::zoo::adamw, furl::as<"mine", my_rule>>`.
template <class... Rules>
struct rules {};

/// The rules of a Hana tuple of types: `furl::rules_of<furl::zoo::all>`.
template <auto& Tuple>
using rules_of = decltype([]<template <class...> class List, class... R>(const List<R...>&) {
    return rules<typename R::type...>{};
}(Tuple));

namespace detail {

template <std::size_t N>
struct rule_name {
    char text[N]{};
    constexpr rule_name(const char (&literal)[N]) {  // NOLINT(google-explicit-constructor)
        for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
    }
};

}  // namespace detail

/// Gives a rule a name of your own choice.
template <detail::rule_name Name, class Rule>
struct as {};

/// The implementation of registry. It is a class of its own because units that are compiled for different processors share
/// the name registry, but not this code.
///
/// @tparam T  as in registry.
/// @tparam E  as in registry.
template <class T, class E>
class registry_base {
  public:
    registry_base() = default;

    /// Makes a registry of the rules of a list.
    template <class... Rules>
    explicit registry_base(rules<Rules...> list) {
        add(list);
    }

    /// Adds a rule, under the name of its type or another name.
    ///
    /// Errors:  std::invalid_argument if there is a rule of this name already.
    template <class Rule, class... Policies>
    registry<T, E>& add(std::string_view name = short_name<Rule>()) {
        return add(name, entry{[](std::span<const furl::shape> shapes) {
                                   return any_optimizer<T, E>(optimizer<Rule, T, Policies...>(shapes));
                               },
                               &optimizer<Rule, T, Policies...>::info()});
    }
    template <class... Rules>
    registry<T, E>& add(rules<Rules...> list) {
        return add_with(list);
    }
    /// Adds the rules of a list with these policies: `all.add_with<furl::storage<...>>(furl::rules<...>())`.
    template <class... Policies, class... Rules>
    registry<T, E>& add_with(rules<Rules...>) {
        (add_listed<Policies...>(static_cast<Rules*>(nullptr)), ...);
        return static_cast<registry<T, E>&>(*this);
    }

    /// Adds the rules of another registry, which can be compiled in another unit.
    registry<T, E>& add(const registry<T, E>& other) {
        for (const auto& [name, e] : other.entries_) add(name, e);
        return static_cast<registry<T, E>&>(*this);
    }

    /// Makes an optimizer for these tensors from the rule with this name.
    ///
    /// @param rule      the name of the rule.
    /// @param settings  hyperparameters and their values, `{{"lr", 3e-4}, {"weight_decay", 0.1}}`, or any range of pairs
    ///                  of a name and a number. A per-tensor hyperparameter is set for all tensors. The others have the
    ///                  rule's defaults.
    /// @param sizes     the size or shape of the tensor, a list of these, or the tensors themselves.
    /// Errors:  std::invalid_argument if a value is NaN, or if no rule or hyperparameter has a given name; the message
    ///          suggests the nearest name and lists all.
    template <class Sizes>
    any_optimizer<T, E> make(std::string_view rule, std::initializer_list<setting> settings, const Sizes& sizes) const {
        return make_with(rule, settings, detail::list_of_shapes(sizes));
    }
    any_optimizer<T, E> make(std::string_view rule, std::initializer_list<setting> settings,
                          std::initializer_list<std::size_t> sizes) const {
        return make_with(rule, settings, detail::list_of_shapes(sizes));
    }
    any_optimizer<T, E> make(std::string_view rule, std::initializer_list<setting> settings,
                          std::initializer_list<furl::shape> shapes) const {
        return make_with(rule, settings, detail::list_of_shapes(shapes));
    }
    template <std::ranges::input_range Settings, class Sizes>
    any_optimizer<T, E> make(std::string_view rule, const Settings& settings, const Sizes& sizes) const {
        return make_with(rule, settings, detail::list_of_shapes(sizes));
    }
    template <std::ranges::input_range Settings>
    any_optimizer<T, E> make(std::string_view rule, const Settings& settings, std::initializer_list<std::size_t> sizes) const {
        return make_with(rule, settings, detail::list_of_shapes(sizes));
    }

    /// Returns the names of the rules, sorted.
    std::vector<std::string_view> names() const {
        std::vector<std::string_view> all;
        for (const auto& e : entries_) all.push_back(e.first);
        return all;
    }
    bool contains(std::string_view rule) const { return entries_.find(rule) != entries_.end(); }

    /// Describes a rule without making an optimizer, for example for the help of a command line.
    ///
    /// Errors:  std::invalid_argument if there is no such rule.
    const rule_info& info(std::string_view rule) const {
        static constexpr rule_info none{};
        const auto* e = find(rule);
        return e ? *e->info : none;
    }

  private:
    struct entry {
        any_optimizer<T, E> (*make)(std::span<const furl::shape>);
        const rule_info* info;
    };

    std::map<std::string, entry, std::less<>> entries_;

    template <class... Policies, class Rule>
    void add_listed(Rule*) {
        add<Rule, Policies...>();
    }
    template <class... Policies, detail::rule_name Name, class Rule>
    void add_listed(as<Name, Rule>*) {
        add<Rule, Policies...>(std::string_view(Name.text));
    }

    registry<T, E>& add(std::string_view name, const entry& e) {
        if (!entries_.emplace(name, e).second)
            detail::refuse("furl: there is a rule '" + std::string(name) + "' already; give one of them another name");
        return static_cast<registry<T, E>&>(*this);
    }

    // Returns null if there is no such rule.
    const entry* find(std::string_view rule) const {
        const auto e = entries_.find(rule);
        if (e != entries_.end()) return &e->second;
        return detail::refuse<std::invalid_argument, const entry*>(detail::no_such("rule", rule, "the list", names()));
    }

    template <class Settings>
    any_optimizer<T, E> make_with(std::string_view rule, const Settings& settings, std::span<const furl::shape> shapes) const {
        const auto* e = find(rule);
        if (!e) return {};
        const auto names = e->info->hyperparameters, of_tensors = e->info->tensor_hyperparameters;
        const auto has = [](auto list, std::string_view name) { return std::ranges::find(list, name) != list.end(); };
        for (const auto& [name, value] : settings)
            if (!has(names, name) && !has(of_tensors, name))
                return detail::refuse(detail::no_hyperparameter(name, "'" + std::string(rule) + "'", names, of_tensors),
                                      any_optimizer<T, E>());
        auto opt = e->make(shapes);
        for (const auto& [name, value] : settings)
            if (!opt.set(name, static_cast<double>(value))) return {};
        return opt;
    }
};

}  // namespace furl

namespace furl {

/// A set of rules by name, which makes an optimizer from a rule that is chosen at run time.
///
/// A program compiles its rules in one unit,
/// `const furl::registry<>& optimizers() { static const auto all = furl::registry<>(furl::rules<...>{}); return all; }`
/// and uses them in others, which include this header only: `optimizers().make("adamw", {{"lr", 3e-4}}, sizes)`.
///
/// @tparam T  the element type: float or double.
/// @tparam E  the element type of parameters and gradients, as in any_optimizer.
/// Cost:    each rule adds about 0.7 s to the compilation of the unit that adds it, and 20 kB to the program (g++ 12, -O2).
template <class T, class E>
class registry : public registry_base<T, E> {
  public:
    using registry_base<T, E>::registry_base;

    FURL_OF_BUILD registry() = default;
    /// Copies or moves the entries.
    FURL_OF_BUILD registry(const registry&) = default;
    FURL_OF_BUILD registry(registry&&) = default;
    FURL_OF_BUILD registry& operator=(const registry&) = default;
    FURL_OF_BUILD registry& operator=(registry&&) = default;
    FURL_OF_BUILD ~registry() = default;
};

}  // namespace furl
