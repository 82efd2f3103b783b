#pragma once

#include <furl/base/name.hpp>
#include <furl/language/graph.hpp>

#include <boost/hana/at.hpp>
#include <boost/hana/basic_tuple.hpp>
#include <boost/hana/unpack.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

/// This folder holds the expression types. An expression denotes a value of the rule: it holds constants and defaults, evaluates
/// nothing, and can lay itself out in a graph.
namespace FURL_NAMESPACE {

namespace detail {

template <class>
inline constexpr bool never = false;

template <class...>
struct without_arguments {
    using type = void;
};

// This is one type for all arguments: a static_assert in a template that is instantiated with it fails once, however often the
// template is used.
template <class... T>
using anyhow = typename without_arguments<T...>::type;

// What an expression gives where C++ asks it for a value, which is refused: a constant of this number is a refused operand. A double
// has no room for a flag; no other number has these bits, and it is not a NaN, so functions of it are constant expressions.
inline constexpr double refused_number = std::bit_cast<double>(std::uint64_t{0x3ff000006675726c});

// Refuses the conversions by which C++ asks an expression for its value. All expressions share one instantiation, so there is
// one error line.
template <class Never>
struct valueless {
    constexpr operator double() const { return refuse(); }
    // It is false, so that `while (x > 0)` ends where it is evaluated at compile time.
    constexpr explicit operator bool() const { return refuse() == 0; }

  private:
    static constexpr double refuse() {
        static_assert(never<Never>,
                      "furl[E23]: an expression has no value before a step runs; write select(condition, a, b) for if "
                      "and ?:, furl's functions for those of std, opt[my_rule::lr] to read a hyperparameter. "
                      "See docs/errors.md#E23");
        return refused_number;
    }
};

// A double in an expression, as its bits. A class of doubles with an empty base is passed in other registers since g++ 10 on ARM, which
// g++ notes at every function that is given one.
struct number_in_expression {
    std::uint64_t bits;

    constexpr number_in_expression(double x) : bits(std::bit_cast<std::uint64_t>(x)) {}  // NOLINT(google-explicit-constructor)
    constexpr operator double() const { return std::bit_cast<double>(bits); }            // NOLINT(google-explicit-constructor)
};

}  // namespace detail

/// The base of every expression type.
struct expression : detail::valueless<void> {
    static constexpr std::size_t depth = 0;  ///< the depth of the tree of its type
};

/// A rule consists of expressions: param, grad, hyperparameters, states, and all that is built from them.
// By a conversion of pointers, since an operator may be asked of a type that is only declared, such as std::ostream: it is none.
template <class T>
concept Expression = std::is_convertible_v<const volatile std::remove_cvref_t<T>*, const volatile expression*>;

/// A literal operand: any arithmetic type but bool.
template <class T>
concept Number = std::is_arithmetic_v<std::remove_cvref_t<T>> && !std::same_as<std::remove_cvref_t<T>, bool>;

/// The operands of furl's operators: at least one of them is an expression.
// Functions are excluded, because a compiler that looks for a misspelled operand tries them too.
template <class... Ts>
concept AnyExpression = (Expression<Ts> || ...) && (!std::is_function_v<Ts> && ...);

/// A function of expressions takes any operand; one that is neither an expression nor a number is error E01.
// Functions are excluded, because a compiler that looks for a misspelled operand tries them too.
template <class T>
concept Operand = !std::is_function_v<T>;

namespace detail {

// Counts the nodes that a tree needs; a named value counts once, however often it occurs in the tree.
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

namespace detail {

// Deeper trees exceed the compilers' limits on nested calls in constant evaluation.
inline constexpr std::size_t max_depth = 200;

}  // namespace detail

/// The capacity of a graph that holds all these expressions and `More` nodes besides.
template <std::size_t More, Expression... Es>
inline constexpr std::size_t graph_capacity = [] {
    if constexpr (((Es::depth > detail::max_depth) || ...)) {
        return More + sizeof...(Es);
    } else {
        detail::node_count count{{}, More};
        (Es::count(count), ...);
        return std::min(count.nodes, max_graph_nodes);
    }
}();

/// A literal number of the rule.
struct constant : expression {
    detail::number_in_expression value = 0;  ///< the number

    constexpr constant() = default;
    /// Makes a constant of value v.
    constexpr explicit constant(double v) : value(v) {}

    /// Counts the nodes that it lays out.
    static constexpr void count(detail::node_count& c) { ++c.nodes; }

    /// Lays the expression out in a graph and returns the index of its node.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(node{value == detail::refused_number ? op::refused : op::constant, {-1, -1, -1}, value, {}});
    }
};

/// Takes the place of an operand that is no expression, after its error is reported. A rule that has one reports no other error.
struct refused : constant {
    /// Lays the expression out in a graph and returns the index of its node.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return g.add(node{op::refused, {-1, -1, -1}, 0, {}});
    }
};

/// Whether a type takes the place of an operand whose error was reported already.
template <class T>
inline constexpr bool was_refused = std::same_as<T, refused>;

/// The type that as_expression returns for a T.
template <class T>
using as_expression_t =
    std::conditional_t<Expression<T>, T, std::conditional_t<Number<T>, constant, refused>>;

/// Makes an expression of an operand: an expression stays as it is, and a number becomes a constant. Anything else is error E01.
template <class T>
constexpr as_expression_t<T> as_expression(const T& x) {
    if constexpr (Expression<T>) {
        return x;
    } else if constexpr (Number<T>) {
        return constant{static_cast<double>(x)};
    } else {
        static_assert(detail::never<T>,
                      "furl[E01]: this operand is no expression; write furl::param, furl::grad, a hyperparameter, "
                      "a state, or a number. See docs/errors.md#E01");
        return refused{};
    }
}

namespace detail {

// All assignments share one instantiation, so there is one error line.
template <class Never>
constexpr refused refuse_assignment() {
    static_assert(never<Never>,
                  "furl[E24]: nothing is assigned to an expression; write update = furl::param - ..., return the new "
                  "value in the function of a state, set a hyperparameter by opt[my_rule::lr] = value. "
                  "See docs/errors.md#E24");
    return {};
}

template <class Never>
constexpr void refuse_nameless() {
    static_assert(never<Never>,
                  "furl[E28]: the name is missing, or is not in angle brackets; write furl::hyper<\"lr\">(1e-3), "
                  "furl::ema<\"m\">(furl::grad, beta). See docs/errors.md#E28");
}

/// An argument of a call that leaves out the name, of a state for example: error E28.
struct argument_of_nameless {
    constexpr argument_of_nameless() = default;

    template <class T>
    constexpr argument_of_nameless(const T&) {  // NOLINT(google-explicit-constructor)
        refuse_nameless<anyhow<T>>();
    }
};

}  // namespace detail

/// An operation on operands.
template <op Code, Expression... Operands>
struct apply : expression {
    static constexpr std::size_t depth = 1 + std::max({std::size_t{0}, Operands::depth...});  ///< operations in the longest chain

    hana::basic_tuple<Operands...> operands;  ///< in order

    /// Applies the operation to these operands.
    constexpr explicit apply(const Operands&... xs) : operands(xs...) {}

    /// Counts the nodes that it lays out.
    static constexpr void count(detail::node_count& c) {
        ++c.nodes;
        (Operands::count(c), ...);
    }

    /// Lays the expression out in a graph and returns the index of its node. `over` is what a reduction is over.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g, domain over = domain::tensor) const {
        node result{Code, {-1, -1, -1}, 0, {}, over};
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((result.operands[I] = hana::at_c<I>(operands).into(g)), ...);
        }(std::index_sequence_for<Operands...>{});
        return g.add(result);
    }
};

/// A reduction or a count over all tensors, a row or a column: `global(norm(grad))`, `per_row(mean(grad))`.
template <domain Over, Expression X>
struct scoped : expression {
    static constexpr std::size_t depth = X::depth;  ///< operations in the longest chain

    X reduction;  ///< the same over the tensor

    /// Takes a reduction over the tensor.
    constexpr explicit scoped(const X& x) : reduction(x) {}

    /// Counts the nodes that it lays out.
    static constexpr void count(detail::node_count& c) { X::count(c); }

    /// Lays the expression out in a graph and returns the index of its node.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        return reduction.into(g, Over);
    }
};

/// The type of an operation on operands, some of which may be numbers.
template <op Code, class... Ts>
using made = apply<Code, as_expression_t<Ts>...>;

/// Builds an operation from operands, some of which may be numbers.
//
// Its callers spell out their return type, made<...>. If it were deduced, a compiler that tries other spellings for a misspelled
// operand would instantiate our static_asserts on its way.
template <op Code, class... Ts>
constexpr made<Code, Ts...> make(const Ts&... xs) {
    static_assert(sizeof...(Ts) == info(Code).arity);
    return made<Code, Ts...>(as_expression(xs)...);
}

namespace detail {

/// Lays x out in a graph; error E14 if x is too deep for that.
template <Expression X, std::size_t N>
constexpr std::int16_t lay_out(const X& x, graph<N>& g) {
    static_assert(X::depth <= max_depth,
                  "furl[E14]: an expression of more than 200 operations in a chain; name parts of it with furl::let. "
                  "See docs/errors.md#E14");
    if constexpr (X::depth <= max_depth) return x.into(g);
    else return refused{}.into(g);
}

}  // namespace detail

}  // namespace furl
