#pragma once

#include <furl/language/differentiate.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/state.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>

// Derivatives with respect to a hyperparameter, computed beside the rule in the same pass. A program includes this header by itself.
namespace FURL_NAMESPACE {

namespace detail {

template <class T>
inline constexpr bool is_hyperparameter = false;
template <class Name>
inline constexpr bool is_hyperparameter<hyperparameter<Name>> = true;

// All derivatives share one instantiation, so there is one error line.
template <class Hyper>
constexpr bool require_hyperparameter() {
    static_assert(is_hyperparameter<Hyper> || was_refused<Hyper>,
                  "furl[E54]: a derivative is with respect to a hyperparameter, and this is none; give it my_rule::lr, "
                  "furl::hyper<\"lr\">(). See docs/errors.md#E54");
    return is_hyperparameter<Hyper>;
}

// The name of the derivative of the parameter: dparam_dlr.
template <class Hyper>
struct derivative_name;
template <char... C>
struct derivative_name<hana::string<C...>> {
    using type = hana::string<'d', 'p', 'a', 'r', 'a', 'm', '_', 'd', C...>;
};

template <class Rule>
inline constexpr auto laid_out_rule = laid_out(as_expression(Rule::update));

// The names of the derivatives of a rule's states, dm_dlr for a state m, in static storage.
template <class Rule, class Hyper>
struct derivative_names {
    static constexpr std::size_t states = [] {
        std::size_t n = 0;
        for (const auto& x : laid_out_rule<Rule>.nodes) n += x.code == op::state;
        return n;
    }();
    static constexpr auto text = [] {
        constexpr std::size_t size = [] {
            std::size_t n = 0;
            for (const auto& x : laid_out_rule<Rule>.nodes)
                if (x.code == op::state) n += x.name.size() + name_text<Hyper>.size() + 3;
            return n;
        }();
        static_vector<char, size> all;
        const auto append = [&](std::string_view part) {
            for (char c : part) all.push_back(c);
        };
        for (const auto& x : laid_out_rule<Rule>.nodes)
            if (x.code == op::state) append("d"), append(x.name), append("_d"), append(name_text<Hyper>);
        return all;
    }();
    static constexpr auto list = [] {
        static_vector<std::string_view, states> result;
        std::size_t begin = 0;
        for (const auto& x : laid_out_rule<Rule>.nodes) {
            if (x.code != op::state) continue;
            const auto size = x.name.size() + name_text<Hyper>.size() + 3;
            result.push_back({text.begin() + begin, size});
            begin += size;
        }
        return result;
    }();
};

// Says that the gradients do not depend on a hyperparameter.
struct constant_gradient {
    template <class Z>
    constexpr constant operator()(const Z&) const {
        return {};
    }
};

// The derivative of a rule's update along a run, as a state. `of_grad` is that of the gradient, unless GradientIsConstant.
template <class Rule, class Hyper, std::size_t Capacity, bool GradientIsConstant, Expression X>
constexpr auto differentiate_rule(const X& of_grad) {
    using name = typename derivative_name<Hyper>::type;
    named<named_kind::state, name, Capacity> result;
    auto& body = result.body;
    const auto& rule = laid_out_rule<Rule>;
    const auto root = body.add(rule);
    const auto size = body.nodes.size();
    differentiation<Capacity> run{body, size, name_text<Hyper>};
    run.names = derivative_names<Rule, Hyper>::list.begin();
    run.of_param = old_value<name>{}.into(body);
    if constexpr (!GradientIsConstant) run.of_grad = lay_out(of_grad, body);
    auto next = run.run(root);
    const auto zero = constant{}.into(body);
    if (next == run.none) next = zero;
    body.root = body.add(node{op::state, {next, zero, -1}, 0, name_text<name>});
    return result;
}

}  // namespace detail

/// The derivative of a value with respect to a hyperparameter within one step.
///
/// \f$ \left.\frac{\partial x_t}{\partial h}\right|_{\theta_{t-1},\, s_{t-1},\, g_t} \f$
///
/// What the step is given counts as constant: the parameter, the gradient, inputs, and the old values of states, also in the step
/// that they start in. derivative gives the derivative along a run.
///
/// @param x  an expression, usually a rule's update.
/// @param h  the hyperparameter, which x need not use.
/// @returns  an expression. Shape: that of x, or of fewer values where x depends on the hyperparameter in the same way
///           everywhere. Where x has a kink (abs, max, clamp, select), it is the derivative of one side; the derivative of a
///           condition, a sign or a floor is 0, and so is that of a root of 0.
/// Cost:    the operations of the derivative. What x and the derivative share is computed once.
/// Errors:  E54 if h is no hyperparameter, or x depends on it through a function of a matrix, such as orthogonalize.
/// Source:  forward mode (Wengert 1964), done once on the equation; jax.jvp does it on a program.
template <Expression X, class Hyper>
constexpr auto partial_derivative(const X& x, const Hyper& h) {
    if constexpr (detail::require_hyperparameter<Hyper>()) {
        static_cast<void>(h);
        // The chain rule adds at most 12 nodes to a node.
        constexpr auto capacity = std::min(graph_capacity<0, X> * 13, max_graph_nodes);
        detail::part_of<capacity> result;
        const auto root = result.body.add(detail::laid_out(x));
        detail::differentiation<capacity> one_step{result.body, result.body.nodes.size(), name_text<typename Hyper::name>};
        result.body.root = one_step.run(root);
        if (result.body.root == one_step.none) result.body.root = constant{}.into(result.body);
        return result;
    } else {
        return refused{};
    }
}

/// The derivative of the parameters with respect to a hyperparameter along a run.
///
/// \f$ Z_t = \frac{d\theta_t}{dh} = \frac{\partial u}{\partial h} + \frac{\partial u}{\partial \theta}\, Z_{t-1}
///     + \sum_s \frac{\partial u}{\partial s}\, \frac{ds_{t-1}}{dh},\quad Z_0 = 0,\quad \frac{dg_t}{dh} = 0 \f$
///
/// The gradients count as constants: Z is the derivative for the gradients that the run was given, not for those that it would have
/// been given with another value of h. Those differ by the Hessian times Z, which furl does not know; if you know it, of_grad says it:
/// `derivative<Rule>(Rule::lr, [](auto z) { return furl::input<"hessian"> * z; })` takes a diagonal Hessian as an input.
/// `with(Rule::update, derivative<Rule>(Rule::lr))` adds the derivative to a rule.
///
/// @tparam Rule    the rule, whole: a struct with an update.
/// @param h        the hyperparameter.
/// @param of_grad  the derivative of the gradient: a function from \f$ Z_{t-1} \f$ to the Hessian at the parameters times it, both
///                 expressions; 0 unless given.
/// @returns  a state; its value is Z_t. Shape: n. A hyperparameter that changes along the run counts as shifted by the same number
///           in each step. At kinks it is as partial_derivative.
/// State:   one buffer of n values, named dparam_dlr for a hyperparameter lr, starts at 0; one more buffer, named dm_dlr, of the
///          shape of the state m for each state whose old value depends on the hyperparameter and goes into the update.
/// Cost:    1 load, 1 store for each of these states, and the operations of the derivatives, in the pass of the rule.
/// Errors:  E54 if h is no hyperparameter, or the update depends on it through a function of a matrix, such as orthogonalize.
/// Source:  Williams & Zipser 1989 (real-time recurrent learning), for the recurrence of a rule; Franceschi et al. 2017, forward
///          hypergradients, has the Hessian too.
template <class Rule, class Hyper, class OfGrad = detail::constant_gradient>
constexpr auto derivative(const Hyper& h, const OfGrad& of_grad = {}) {
    if constexpr (detail::require_hyperparameter<Hyper>()) {
        static_cast<void>(h);
        using name = typename Hyper::name;
        constexpr bool is_constant = std::is_same_v<OfGrad, detail::constant_gradient>;
        const auto gradient = as_expression(of_grad(detail::old_value<typename detail::derivative_name<name>::type>{}));
        // The derivative has as many nodes whatever that of the gradient is, which no other value of the rule equals.
        constexpr detail::old_value<furl::name<"furl.gradient">> any;
        constexpr auto size = detail::differentiate_rule<Rule, name, max_graph_nodes, is_constant>(any).body.nodes.size();
        constexpr auto more = graph_capacity<0, std::remove_const_t<decltype(gradient)>>;
        return detail::differentiate_rule<Rule, name, std::min(size + more, max_graph_nodes), is_constant>(gradient);
    } else {
        return refused{};
    }
}

}  // namespace furl
