#pragma once

#include <furl/language/expression.hpp>

namespace FURL_NAMESPACE {

enum class named_kind {
    let,        ///< an intermediate value
    state,      ///< a value kept from step to step
    ema,        ///< a state with a decay: it can be bias corrected
    previous,   ///< a state's value before the step
    part,       ///< a node inside another named value
};

/// A value with a name, laid out in a graph. Its type holds only the name and the capacity, however large its definition is.
template <named_kind Kind, class Name, std::size_t Capacity>
struct named : expression {
    using name = Name;
    static constexpr named_kind kind = Kind;

    graph<Capacity> body;

    // Parts of one size share a type whatever they hold, so each of them counts.
    static constexpr void count(detail::node_count& c) {
        if constexpr (Kind == named_kind::part) c.nodes += Capacity;
        else c.once({name_text<Name>, static_cast<int>(Kind), Capacity});
    }

    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(body);
    }
};

template <class T>
inline constexpr bool is_state = false;
template <named_kind Kind, class Name, std::size_t N>
inline constexpr bool is_state<named<Kind, Name, N>> = Kind == named_kind::state || Kind == named_kind::ema;

template <class T>
inline constexpr bool is_ema = false;
template <class Name, std::size_t N>
inline constexpr bool is_ema<named<named_kind::ema, Name, N>> = true;

/// A symbol that opt.state(...) takes: a state or its previous value.
template <class T>
concept StateSymbol = is_state<T> || (Expression<T> && T::kind == named_kind::previous);

/// Names an intermediate value. It is computed once, however often it is used, and printed as an equation of its own.
///
/// @param x  the value.
/// @returns  an expression of the same value and shape.
/// Errors:   E03 if the rule gives one name to two different values.
template <fixed_string Name, Operand X>
constexpr auto let(const X& x) {
    named<named_kind::let, name<Name>, graph_capacity<1, as_expression_t<X>>> result;
    const auto operand = detail::lay_out(as_expression(x), result.body);
    result.body.root = result.body.add(node{op::let, {operand, -1, -1}, 0, name_text<name<Name>>});
    return result;
}

/// Error E28.
constexpr refused let(detail::argument_of_nameless, detail::argument_of_nameless = {}, detail::argument_of_nameless = {}) {
    return {};
}

/// Returns the value of x, and makes the other expressions, usually states, part of the step.
///
/// `with(update, ema<"average">(updated, 0.999))` keeps an average of the weights beside any update.
template <class X, class... Others>
    requires AnyExpression<X, Others...>
constexpr auto with(const X& x, const Others&... others) {
    auto result = as_expression(x);
    if constexpr (sizeof...(Others) == 0) {
        return result;
    } else {
        return [](const auto& first, const auto& second, const auto&... rest) {
            return with(make<op::with>(first, second), rest...);
        }(result, others...);
    }
}

}  // namespace furl
