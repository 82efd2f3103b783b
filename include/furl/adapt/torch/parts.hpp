#pragma once

#include <furl/adapt/torch/element_types.hpp>
#include <furl/adapt/torch/options.hpp>
#include <furl/adapt/torch/parameters.hpp>
#include <furl/print/type_name.hpp>

#include <torch/types.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The parts of a torch_optimizer, whose parameters have one of these types.
template <class Types, class Rule, class... Policies>
struct torch_parts;
template <class First, class... Types, class Rule, class... Policies>
struct torch_parts<torch_types<First, Types...>, Rule, Policies...> {
    template <class E>
    using optimizer_of = torch_optimizer_of<Rule, E, Policies...>;
    using first = optimizer_of<First>;

    template <class E>
    static void make_if(std::unique_ptr<torch_part>& part, at::ScalarType type, std::span<const furl::shape> shapes) {
        if constexpr (is_runnable<optimizer_of<E>>)
            if (type == torch_type_of(element_type_of<E>)) part = std::make_unique<torch_part_of<optimizer_of<E>, E>>(shapes);
    }
    static std::unique_ptr<torch_part> make(at::ScalarType type, std::span<const furl::shape> shapes) {
        std::unique_ptr<torch_part> part;
        make_if<First>(part, type, shapes);
        (make_if<Types>(part, type, shapes), ...);
        return part;
    }
    static constexpr torch_rule_facts facts{&first::info(), type_name<Rule>(), &make};

    /// The values that the hyperparameters of the rule have until they are set.
    static torch_options defaults() {
        std::vector<setting> of_tensors;
        if (const auto names = first::info().tensor_hyperparameters; !names.empty()) {
            first any(furl::shape{1, 1});
            for (auto name : names) of_tensors.push_back({name, any.get(name, 0)});
        }
        return torch_options::defaults_of(first::info(), of_tensors);
    }
};

template <class Rule, class... Policies>
using torch_parts_of = torch_parts<typename torch_types_of<Policies...>::type, Rule, Policies...>;

/// Refuses a rule with further inputs, for which a step of libtorch has no place.
inline void require_no_inputs(const torch_rule_facts& facts) {
    if (!facts.info->inputs.empty())
        refuse("furl: the rule reads input '" + std::string(facts.info->inputs[0]) + "', which libtorch does not give");
}

}  // namespace furl::detail
