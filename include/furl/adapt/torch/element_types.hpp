#pragma once

#include <furl/blocks/steps_per_tensor.hpp>
#include <furl/optimizer.hpp>

// clang compiles the headers of libtorch 1.13 as C++20 only if this one is their first.
#include <ATen/core/ivalue.h>

#include <torch/types.h>

#include <tuple>
#include <type_traits>

// The optimizer that steps parameters of one element type.
namespace FURL_NAMESPACE {

/// The element types of the parameters that a torch_optimizer steps: `furl::torch_optimizer<my_rule, furl::torch_types<float>>`. It
/// refuses others. Without this policy they are float, double, furl::bfloat16 and furl::float16, and each of them takes a
/// compiler some seconds.
template <class... Types>
struct torch_types {};

namespace detail {

/// Returns whether a rule reads the number of the step, unless the rule counts the steps of each tensor or row itself.
template <class Rule>
constexpr bool reads_step() {
    if constexpr (!well_formed<Rule, float>) return false;
    else {
        for (const auto& s : stages<Rule>::written.states)
            if (s.name == "steps" || s.name == "row_steps") return false;
        for (const auto& i : stages<Rule>::written.code)
            if (i.code == op::step) return true;
        return false;
    }
}

/// The rule with a count of steps for each parameter, as PyTorch has.
template <class Rule>
struct counting_per_tensor {
    static constexpr auto update = steps_per_tensor(Rule::update);
};

template <class Rule, bool ReadsStep>
struct torch_rule : std::type_identity<Rule> {};
template <class Rule>
    requires(well_formed<counting_per_tensor<Rule>, float>)
struct torch_rule<Rule, true> : std::type_identity<counting_per_tensor<Rule>> {};
template <class Rule>
using torch_rule_t = typename torch_rule<Rule, reads_step<Rule>()>::type;

// A furl::storage lists choices of formats. This is true if a choice applies to parameters of type E whose rule computes in T. A
// choice for parameters or gradients applies to those of its own element type, a choice for states if it fits T.
template <class E, class T, class Choice>
inline constexpr bool is_choice_for = [] {
    if constexpr (!requires { typename Choice::choice; requires Format<typename Choice::format>; }) return true;  // it is an error
    else if (Choice::rank_of(op::param, {}) > 0 || Choice::rank_of(op::grad, {}) > 0)
        return std::is_same_v<typename Choice::format::element, E>;
    else return computes_in<typename Choice::format, T>;
}();

template <op Kind, class... Choices>
inline constexpr bool chooses = ((Choices::rank_of(Kind, {}) > 0) || ...);

template <class... Policies>
struct torch_types_of : std::type_identity<torch_types<float, double, bfloat16, float16>> {};
template <class First, class... Rest>
struct torch_types_of<First, Rest...> : torch_types_of<Rest...> {};
template <class... Types, class... Rest>
struct torch_types_of<torch_types<Types...>, Rest...> : std::type_identity<torch_types<Types...>> {};

// The policies of an optimizer whose parameters have elements of type E.
template <class E, class T, class... Policies>
struct policies_for;
template <class E, class T>
struct policies_for<E, T> {
    using storage = std::tuple<>;
    using others = std::tuple<>;
};
template <class E, class T, class First, class... Rest>
struct policies_for<E, T, First, Rest...> : policies_for<E, T, Rest...> {
    using others = decltype(std::tuple_cat(std::tuple<std::type_identity<First>>(), typename policies_for<E, T, Rest...>::others()));
};
template <class E, class T, class... Choices, class... Rest>
struct policies_for<E, T, furl::storage<Choices...>, Rest...> : policies_for<E, T, Rest...> {
    using storage = decltype(std::tuple_cat(std::conditional_t<is_choice_for<E, T, Choices>, std::tuple<Choices>, std::tuple<>>()...));
};

template <class E, class T, class... Types, class... Rest>
struct policies_for<E, T, torch_types<Types...>, Rest...> : policies_for<E, T, Rest...> {};

template <class Rule, class E, class T, class Storage, class Others>
struct stepping_optimizer;
template <class Rule, class E, class T, class... Choices, class... Others>
struct stepping_optimizer<Rule, E, T, std::tuple<Choices...>, std::tuple<std::type_identity<Others>...>> {
    template <class... All>
    static auto of(std::tuple<All...>) -> std::type_identity<optimizer<Rule, T, furl::storage<All...>, Others...>>;
    static auto of(std::tuple<>) -> std::type_identity<optimizer<Rule, T, Others...>>;
    static constexpr bool narrow = NarrowFloat<E>;
    using param_choice = std::conditional_t<narrow && !chooses<op::param, Choices...>, std::tuple<param_as<E>>, std::tuple<>>;
    using grad_choice = std::conditional_t<narrow && !chooses<op::grad, Choices...>, std::tuple<grad_as<E>>, std::tuple<>>;
    using type = typename decltype(of(std::tuple_cat(std::tuple<Choices...>(), param_choice(), grad_choice())))::type;
};

/// The optimizer that steps parameters with elements of type E. It computes in double for double, else in float. A storage
/// policy has formats for parameters of 16 bits by their type, and for states; without one, states are in the type it computes in.
template <class Rule, class E, class T, class Policies>
using optimizer_computing_in = typename stepping_optimizer<torch_rule_t<Rule>, E, T, typename Policies::storage, typename Policies::others>::type;
template <class Rule, class E, class... Policies>
using torch_optimizer_of = std::conditional_t<std::is_same_v<E, double>, optimizer_computing_in<Rule, E, double, policies_for<E, double, Policies...>>,
                                              optimizer_computing_in<Rule, E, float, policies_for<E, float, Policies...>>>;

/// True if the rule and the policies of an optimizer fit its element type, so that it compiles.
template <class Optimizer>
inline constexpr bool is_runnable = false;
template <class Rule, class T, class... Policies>
inline constexpr bool is_runnable<optimizer<Rule, T, Policies...>> = can_be_optimizer<Rule, T, Policies...>();

}  // namespace detail

}  // namespace furl
