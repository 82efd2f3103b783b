#pragma once

#include <furl/base/name.hpp>
#include <furl/language/graph.hpp>

#include <boost/hana/for_each.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/unpack.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

/// What a member of this folder is: a type that denotes a value of the rule. It holds constants and defaults, evaluates
/// nothing, and can lay itself out in a graph.
namespace furl {

/// The base of every expression type.
struct expression {};

template <class T>
concept Expression = std::derived_from<std::remove_cvref_t<T>, expression>;

template <class T>
concept Number = std::is_arithmetic_v<std::remove_cvref_t<T>> && !std::same_as<std::remove_cvref_t<T>, bool>;

template <class... Ts>
concept AnyExpression = (Expression<Ts> || ...);

namespace detail {

// Counts the nodes that a tree needs; a named value counts once, however often it stands in the tree.
struct node_count {
    struct named_value {
        std::string_view name;
        int kind;
        std::size_t capacity;
        constexpr bool operator==(const named_value&) const = default;
    };
    static_vector<named_value, 64> seen;
    std::size_t nodes = 0;

    constexpr void once(const named_value& value) {
        if (std::find(seen.begin(), seen.end(), value) != seen.end()) return;
        if (!seen.full()) seen.push_back(value);
        nodes += value.capacity;
    }
};

}  // namespace detail

/// The capacity of a graph that holds all these expressions and a few nodes more.
template <std::size_t More, Expression... Es>
inline constexpr std::size_t graph_capacity = [] {
    detail::node_count count{{}, More};
    (Es::count(count), ...);
    return std::min(count.nodes, max_graph_nodes);
}();

/// A literal number of the rule.
struct constant : expression {
    double value = 0;

    constexpr constant() = default;
    constexpr explicit constant(double v) : value(v) {}

    static constexpr void count(detail::node_count& c) { ++c.nodes; }

    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(node{op::constant, {-1, -1, -1}, value, {}});
    }
};

/// An expression of any operand: itself, or a number as a constant. Anything else is error E01.
template <class T>
constexpr auto as_expression(const T& x) {
    if constexpr (Expression<T>) {
        return x;
    } else if constexpr (Number<T>) {
        return constant{static_cast<double>(x)};
    } else {
        static_assert(Expression<T>,
                      "furl[E01]: this operand is no expression; write furl::param, furl::grad, a hyperparameter, "
                      "a state, or a number. See docs/errors.md#E01");
        return constant{};
    }
}

template <class T>
using as_expression_t = decltype(as_expression(std::declval<const T&>()));

/// An operation on operands.
template <op Code, Expression... Operands>
struct apply : expression {
    hana::tuple<Operands...> operands;

    constexpr explicit apply(const Operands&... xs) : operands(xs...) {}

    static constexpr void count(detail::node_count& c) {
        ++c.nodes;
        (Operands::count(c), ...);
    }

    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        node result{Code, {-1, -1, -1}, 0, {}};
        std::size_t i = 0;
        hana::for_each(operands, [&](const auto& x) { result.operands[i++] = x.into(g); });
        return g.add(result);
    }
};

/// Builds an operation from operands of which some may be numbers.
template <op Code, class... Ts>
constexpr auto make(const Ts&... xs) {
    static_assert(sizeof...(Ts) == info(Code).arity);
    return apply<Code, as_expression_t<Ts>...>(as_expression(xs)...);
}

}  // namespace furl
