#pragma once

#include <furl/language/leaves.hpp>
#include <furl/language/named.hpp>

#include <concepts>
#include <type_traits>

namespace FURL_NAMESPACE {

namespace detail {

// A function that returns nothing and the assignments in it share one instantiation, so there is one error line.
template <class Never>
constexpr refused refuse_no_return() {
    static_assert(never<Never>, "furl[E33]: the function of a state returns nothing; return the new value, as in [](auto old) { "
                                "return 0.9 * old + furl::grad; }, and assign nothing to old. If the compiler tells of an error in "
                                "the function, correct that first. See docs/errors.md#E33");
    return {};
}

// The old value of a state inside its own recurrence, where the definition of the state is not complete yet.
template <class Name>
struct old_value : expression {
    constexpr old_value() = default;

    /// Error E33.
    template <class X>
    constexpr refused operator=(const X&) const {
        return refuse_no_return<anyhow<X>>();
    }

    static constexpr void count(node_count& c) { ++c.nodes; }

    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(node{op::previous, {-1, -1, -1}, 0, name_text<Name>});
    }
};

// An initial value that is a number is filled in before the first step; any other is evaluated in the first step.
template <named_kind Kind, class Name, class Next, class Initial, class Decay>
constexpr auto make_state(const Next& next, const Initial& initial, const Decay& decay) {
    constexpr bool is_number = std::derived_from<Initial, constant>;
    named<Kind, Name, graph_capacity<is_number ? 1 : 3, Next, Initial, Decay>> result;
    auto& body = result.body;
    auto first = lay_out(initial, body);
    if constexpr (!is_number) first = body.add(node{op::starts, {first, first_step.into(body), -1}, 0, {}});
    const auto value = lay_out(next, body);
    const auto rate = lay_out(decay, body);
    body.root = body.add(node{op::state, {value, first, Kind == named_kind::ema ? rate : std::int16_t{-1}}, 0,
                              name_text<Name>});
    return result;
}

struct another_call {
    void operator()();
};
template <class F>
struct two_calls : F, another_call {};

// Whether a generic function accepts no argument at all, not even a number. Then its body is wrong for any argument (it has a
// misspelled name, for example), and the compiler has reported that.
template <class F, class Argument>
concept BrokenFunction = std::is_class_v<F> && !std::is_final_v<F> && !requires { &two_calls<F>::operator(); } &&
                         !requires { &F::operator(); } && !std::invocable<const F&, Argument, Argument> &&
                         !std::invocable<const F&, int> && !std::invocable<const F&, double>;

template <class F, class Name>
concept RecurrenceOf = std::invocable<const F&, old_value<Name>>;

// The new value of a state.
template <class Name, class Recurrence>
constexpr auto recur(const Recurrence& recurrence) {
    if constexpr (!RecurrenceOf<Recurrence, Name>) {
        static_assert(BrokenFunction<Recurrence, old_value<Name>>,
                      "furl[E33]: a state needs a function of its old value; write "
                      "furl::state<\"m\">(0.0, [](auto old) { return 0.9 * old + furl::grad; }). "
                      "See docs/errors.md#E33");
        return refused{};
    } else if constexpr (std::is_void_v<std::invoke_result_t<const Recurrence&, old_value<Name>>>) {
        return refuse_no_return<anyhow<Name>>();
    } else {
        return as_expression(recurrence(old_value<Name>{}));
    }
}

// Returns the value before the first step. Where the recurrence was refused already, a wrong initial value is no further error.
template <class Name, class Recurrence, class Initial>
constexpr auto start(const Initial& initial) {
    if constexpr (!RecurrenceOf<Recurrence, Name> && !Expression<Initial> && !Number<Initial>) return refused{};
    else return as_expression(initial);
}

}  // namespace detail

/// A value that is kept from step to step: the general recurrence.
///
/// \f$ s_t = f(s_{t-1}),\quad s_0 = \mathit{initial} \f$
///
/// @param initial     s_0: a number, or an expression (furl::param, for example) that is evaluated in the tensor's first
///                    step; see first_step.
/// @param recurrence  f: a function from the old value to the new one, both expressions.
/// @returns  an expression of s_t. Shape: that of the recurrence: one value per parameter, per tensor or per step.
/// State:    one buffer of that shape, under its name.
/// Errors:   E03 if the rule gives one name two different recurrences.
template <fixed_string Name, Operand Initial, class Recurrence>
constexpr auto state(const Initial& initial, const Recurrence& recurrence) {
    return detail::make_state<named_kind::state, name<Name>>(detail::recur<name<Name>>(recurrence),
                                                             detail::start<name<Name>, Recurrence>(initial), constant{});
}

/// The same, for a recurrence that multiplies the old value by `decay` in each step; such a state can be bias corrected.
///
/// @param initial     as above.
/// @param recurrence  as above.
/// @param decay       the weight of the old value, in [0, 1).
template <fixed_string Name, Operand Initial, class Recurrence, Operand Decay>
constexpr auto state(const Initial& initial, const Recurrence& recurrence, const Decay& decay) {
    return detail::make_state<named_kind::ema, name<Name>>(detail::recur<name<Name>>(recurrence),
                                                           detail::start<name<Name>, Recurrence>(initial), as_expression(decay));
}

/// Error E28.
constexpr refused state(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

/// A state's value before the step: s_{t-1}.
///
/// Errors:  E10 if s is no state.
template <class S>
constexpr auto previous(const S& s) {
    static_assert(is_state<S> || was_refused<S>, "furl[E10]: previous() of something that is no state; give it an ema, a momentum, a "
                               "state<\"name\">(...). See docs/errors.md#E10");
    if constexpr (is_state<S>) {
        using state_name = typename S::name;
        named<named_kind::previous, state_name, graph_capacity<1, S>> result;
        result.body.add(s.body);
        result.body.root = result.body.add(node{op::previous, {-1, -1, -1}, 0, name_text<state_name>});
        return result;
    } else {
        return refused{};
    }
}

/// The decay of an ema, as an expression.
///
/// Errors:  E06 if m is no ema.
template <class M>
constexpr auto decay(const M& m) {
    static_assert(is_ema<M> || was_refused<M>, "furl[E06]: only an ema has a decay and can be bias corrected; give it an "
                             "ema<\"name\">(x, beta). See docs/errors.md#E06");
    if constexpr (is_ema<M>) {
        named<named_kind::part, typename M::name, graph_capacity<0, M>> result;
        result.body.add(m.body);
        result.body.root = result.body.nodes[static_cast<std::size_t>(m.body.root)].operands[2];
        return result;
    } else {
        return refused{};
    }
}

namespace detail {

// Makes a value that prints as the state with a hat.
template <class Name, Expression X>
constexpr auto hat(const X& x) {
    named<named_kind::let, Name, graph_capacity<1, X>> result;
    const auto operand = x.into(result.body);
    result.body.root = result.body.add(node{op::corrected, {operand, -1, -1}, 0, name_text<Name>});
    return result;
}

}  // namespace detail

}  // namespace furl
