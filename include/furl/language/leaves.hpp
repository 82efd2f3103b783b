#pragma once

#include <furl/base/finite.hpp>
#include <furl/language/expression.hpp>


namespace FURL_NAMESPACE {

/// A value that the rule is given: the parameter, its gradient, the step.
template <op Code>
struct leaf : expression {
    constexpr leaf() = default;

    /// Error E24.
    template <class X>
    constexpr refused operator=(const X&) const {
        return detail::refuse_assignment<detail::anyhow<X>>();
    }

    /// Counts the nodes that it lays out.
    static constexpr void count(detail::node_count& c) { ++c.nodes; }

    /// Lays the expression out in a graph and returns the index of its node. `over` is whose elements a count counts, and whose
    /// first step first_step means.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g, domain over = domain::tensor) const {
        return g.add(node{Code, {-1, -1, -1}, 0, {}, over});
    }
};

/// The parameter before the step. Shape: one value per parameter (n).
inline constexpr leaf<op::param> param{};

/// The gradient of the loss with respect to the parameter. Shape: one value per parameter (n).
inline constexpr leaf<op::grad> grad{};

/// The parameter after the step, for states that follow it (a weight average). Shape: n.
///
/// Errors:  E08 if the update itself depends on it.
inline constexpr leaf<op::updated> updated{};

/// The number of this step: t = 1, 2, ... Shape: one value per step.
inline constexpr leaf<op::step> step{};

/// A condition: this is the tensor's first step under the rule.
///
/// It differs from `step == 1` for a tensor that had no gradient in the optimizer's first steps, and where a step count
/// was set without states. Inside only_if, and so inside accumulate_gradients and switch_at, only the steps in which the
/// condition holds count. Shape: one value per tensor.
/// State:   one number per tensor, which a checkpoint keeps.
inline constexpr leaf<op::first_step> first_step{};

/// The number of elements of the tensor. Shape: one value per tensor.
inline constexpr leaf<op::count> count{};

/// The number of rows of the tensor; 1 if it has no shape. Shape: one value per tensor.
inline constexpr scoped<domain::column, leaf<op::count>> rows{count};

/// The number of columns of the tensor; the number of its elements if it has no shape. Shape: one value per tensor.
inline constexpr scoped<domain::row, leaf<op::count>> columns{count};

namespace detail {

// A number that the user sets: one for the step, or one for each tensor.
template <op Code, class Name>
struct user_number : expression {
    using name = Name;  ///< as a type: a hana::string

    number_in_expression default_value = not_a_number<double>;  ///< NaN if it has none

    constexpr user_number() = default;

    /// Error E24: set it by `opt[lr] = value`.
    template <class X>
    constexpr refused operator=(const X&) const {
        return refuse_assignment<anyhow<X>>();
    }

    /// Counts the nodes that it lays out.
    static constexpr void count(node_count& c) { ++c.nodes; }

    /// Lays the expression out in a graph; returns the index of its node.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(node{Code, {-1, -1, -1}, default_value, name_text<Name>});
    }
};

}  // namespace detail

/// A hyperparameter: a number that can be set at run time, and is read at the start of each step.
template <class Name>
using hyperparameter = detail::user_number<op::hyper, Name>;

/// A hyperparameter with a value for each tensor.
template <class Name>
using tensor_hyperparameter = detail::user_number<op::tensor_hyper, Name>;

/// A hyperparameter with its default: `furl::hyper<"lr">(1e-3)`.
///
/// @param default_value  its value until `opt[lr] = ...` or `opt.set("lr", ...)`.
/// @returns  an expression. Shape: one value per step.
/// Errors:   E04 if the rule gives one name two defaults.
template <fixed_string Name>
constexpr auto hyper(double default_value) {
    hyperparameter<furl::name<Name>> result;
    result.default_value = default_value;
    return result;
}

/// A hyperparameter that has its default elsewhere in the rule.
///
/// Errors:  E05 if the rule gives it no default anywhere.
template <fixed_string Name>
constexpr auto hyper() {
    return hyperparameter<furl::name<Name>>{};
}

/// Error E28.
constexpr refused hyper(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

/// A hyperparameter with a value for each tensor: `furl::per_tensor<"weight_decay">(0.01)`.
///
/// Set it at run time, for one tensor or for all: `opt[my_rule::decay][3] = 0`, `opt.set("weight_decay", 3, 0.0)`,
/// `opt.set("weight_decay", 0.0)`. It is read at the start of each step; a checkpoint keeps it, reset() leaves it.
///
/// @param default_value  the value of every tensor until it is set.
/// @returns  an expression. Shape: one value per tensor.
/// Cost:    that of a hyperparameter. Small tensors that follow each other in memory are stepped as one where their values
///          are equal.
/// Errors:  E04 if the rule gives one name two defaults, E03 if a state or a hyperparameter has the same name.
template <fixed_string Name>
constexpr auto per_tensor(double default_value) {
    tensor_hyperparameter<furl::name<Name>> result;
    result.default_value = default_value;
    return result;
}

/// Error E28.
constexpr refused per_tensor(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

/// A number of a step, with the value that `furl::step_input<"loss"> = loss` gives it.
template <class Name>
struct number_binding {
    using name = Name;  ///< the name of the number, as a type
    double value = 0;   ///< the number
};

/// A number that is given with each step: `furl::step_input<"loss">`.
template <class Name>
struct input_number : expression {
    using name = Name;  ///< as a type: a hana::string

    constexpr input_number() = default;
    /// Copies nothing, because it has no value.
    constexpr input_number(const input_number&) = default;
    /// Assigns nothing, because it has no value.
    constexpr input_number& operator=(const input_number&) = default;

    /// Binds a value to the number, as an argument of step: `opt.step(w, g, furl::step_input<"loss"> = loss)`. NaN and infinities
    /// are values like others.
    ///
    /// Errors:  E30 if the value is no number.
    template <class Value>
    constexpr number_binding<Name> operator=(const Value& value) const {
        static_assert(Number<Value>, "furl[E30]: a step input is one number for the whole step, and this is no number; write "
                                     "furl::step_input<\"loss\"> = loss, and furl::input<\"name\"> = data for one value per parameter. "
                                     "See docs/errors.md#E30");
        if constexpr (Number<Value>) return {static_cast<double>(value)};
        else return {};
    }

    /// Counts the nodes that it lays out.
    static constexpr void count(detail::node_count& c) { ++c.nodes; }

    /// Lays the expression out in a graph and returns the index of its node.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(node{op::step_input, {-1, -1, -1}, 0, name_text<Name>});
    }
};

/// An input stream of a step, with the data that `furl::input<"h"> = data` gives it.
template <class Name, class Data>
struct input_binding {
    using name = Name;  ///< the name of the stream, as a type
    Data& data;         ///< a tensor or a list of tensors, with one value per parameter
};

/// One more stream of values, beside the gradient: `furl::input<"hessian">`.
template <class Name>
struct input_stream : expression {
    using name = Name;  ///< as a type: a hana::string

    constexpr input_stream() = default;
    /// Copies nothing, because it has no data.
    constexpr input_stream(const input_stream&) = default;
    /// Assigns nothing, because it has no data.
    constexpr input_stream& operator=(const input_stream&) = default;

    /// Binds data to the stream, as an argument of step: `opt.step(w, g, furl::input<"hessian"> = h)`.
    ///
    /// Errors:  E30 if the data is one number.
    template <class Data>
    constexpr auto operator=(const Data& data) const {
        static_assert(!Number<Data>, "furl[E30]: an input has one value per parameter, and this is one number; if the rule has it as one "
                                     "number per step, write furl::step_input<\"name\"> = number. See docs/errors.md#E30");
        if constexpr (Number<Data>) return number_binding<Name>{};
        else return input_binding<Name, const Data>{data};
    }

    /// Counts the nodes that it lays out.
    static constexpr void count(detail::node_count& c) { ++c.nodes; }

    /// Lays the expression out in a graph and returns the index of its node.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(node{op::input, {-1, -1, -1}, 0, name_text<Name>});
    }
};

namespace detail {

template <class X>
inline constexpr bool is_number_binding = false;
template <class Name>
inline constexpr bool is_number_binding<number_binding<Name>> = true;
template <class X>
inline constexpr bool is_data_binding = false;
template <class Name, class Data>
inline constexpr bool is_data_binding<input_binding<Name, Data>> = true;

/// A further input of a step: data with a value per parameter, or one number.
template <class X>
concept InputBinding = is_number_binding<X> || is_data_binding<X>;
template <class X>
concept NumberBinding = is_number_binding<X>;

// Whether the type of an expression shows that its value differs from element to element. The type of a named value does not
// show it.
template <class T>
inline constexpr bool reads_elements = false;
template <op Code>
inline constexpr bool reads_elements<leaf<Code>> = Code == op::param || Code == op::grad || Code == op::updated;
template <class Name>
inline constexpr bool reads_elements<input_stream<Name>> = true;
template <op Code, class... Operands>
inline constexpr bool reads_elements<apply<Code, Operands...>> =
    info(Code).kind != op_kind::reduction && (reads_elements<Operands> || ...);

template <class T>
inline constexpr bool is_plain_number = Number<T>;
template <class Name>
inline constexpr bool is_plain_number<hyperparameter<Name>> = true;
template <class Name>
inline constexpr bool is_plain_number<tensor_hyperparameter<Name>> = true;
template <class Name>
inline constexpr bool is_plain_number<input_number<Name>> = true;

/// Error E32 if the value to average and its decay are swapped.
template <class X, class Decay>
constexpr void require_order() {
    static_assert(!is_plain_number<X> || !reads_elements<Decay>,
                  "furl[E32]: the average of a number, with a decay that differs from element to element; what is "
                  "averaged comes first, its decay second: furl::ema<\"m\">(furl::grad, beta). See docs/errors.md#E32");
}

}  // namespace detail

/// A further per-element input of the step, by name (a Hessian diagonal, a mask). Shape: n. Read only.
template <fixed_string Name>
inline constexpr input_stream<name<Name>> input{};

/// A number that each step is given, by name, such as the value of the loss: `furl::step_input<"loss">`.
///
/// `opt.step(weights, gradients, furl::step_input<"loss"> = loss)`; an optimizer that is named at run time takes
/// `opt.step(weights, gradients, {{"loss", loss}})`. All tensors of the step share it. It is a double, and reaches the rule as it is
/// given, NaN and infinities too; a guard can read it: `skip_unless(abs(furl::step_input<"loss">) < 1e30, update)`. Shape: one value
/// per step.
///
/// Errors:  E03 if an input or a hyperparameter has the same name. std::invalid_argument, before anything is written, if a step is not
///          given it.
template <fixed_string Name>
inline constexpr input_number<name<Name>> step_input{};

}  // namespace furl
