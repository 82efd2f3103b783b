#pragma once

#include <furl/language/expression.hpp>

// A wrong operand is accepted here and refused by as_expression (E01): a constrained operator would only say
// "no match for operator+".
namespace FURL_NAMESPACE {

/// a + b, element by element.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::add, A, B> operator+(const A& a, const B& b) {
    return make<op::add>(a, b);
}

/// a - b, element by element.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::subtract, A, B> operator-(const A& a, const B& b) {
    return make<op::subtract>(a, b);
}

/// a b, element by element.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::multiply, A, B> operator*(const A& a, const B& b) {
    return make<op::multiply>(a, b);
}

/// a / b, element by element; IEEE: a / 0 is an infinity or NaN. See safe_divide.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::divide, A, B> operator/(const A& a, const B& b) {
    return make<op::divide>(a, b);
}

/// -a.
template <Expression A>
constexpr made<op::negate, A> operator-(const A& a) {
    return make<op::negate>(a);
}

/// a.
template <Expression A>
constexpr auto operator+(const A& a) {
    return a;
}

/// A condition, for select: a is below b. With a NaN operand only != is true.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::less, A, B> operator<(const A& a, const B& b) {
    return make<op::less>(a, b);
}

/// A condition: a is at most b.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::less_equal, A, B> operator<=(const A& a, const B& b) {
    return make<op::less_equal>(a, b);
}

/// A condition: a is above b.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::greater, A, B> operator>(const A& a, const B& b) {
    return make<op::greater>(a, b);
}

/// A condition: a is at least b.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::greater_equal, A, B> operator>=(const A& a, const B& b) {
    return make<op::greater_equal>(a, b);
}

/// A condition: a and b are equal numbers.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::equal, A, B> operator==(const A& a, const B& b) {
    return make<op::equal>(a, b);
}

/// A condition: a and b differ, or one is NaN.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::not_equal, A, B> operator!=(const A& a, const B& b) {
    return make<op::not_equal>(a, b);
}

/// A condition: both a and b hold.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::logical_and, A, B> operator&&(const A& a, const B& b) {
    return make<op::logical_and>(a, b);
}

/// A condition: a or b holds, or both do.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr made<op::logical_or, A, B> operator||(const A& a, const B& b) {
    return make<op::logical_or>(a, b);
}

/// A condition: a does not hold.
template <Expression A>
constexpr made<op::logical_not, A> operator!(const A& a) {
    return make<op::logical_not>(a);
}

// C++ has the following operators, but rules do not.

/// Error E24.
template <Expression A, class B>
constexpr refused operator+=(const A&, const B&) {
    return detail::refuse_assignment<detail::anyhow<A>>();
}

/// Error E24.
template <Expression A, class B>
constexpr refused operator-=(const A&, const B&) {
    return detail::refuse_assignment<detail::anyhow<A>>();
}

/// Error E24.
template <Expression A, class B>
constexpr refused operator*=(const A&, const B&) {
    return detail::refuse_assignment<detail::anyhow<A>>();
}

/// Error E24.
template <Expression A, class B>
constexpr refused operator/=(const A&, const B&) {
    return detail::refuse_assignment<detail::anyhow<A>>();
}

namespace detail {

template <class Never>
constexpr refused refuse_operator() {
    static_assert(never<Never>, "furl[E25]: rules have no operators ^ & | ~ % << >>; write pow(x, y), conditions "
                                "a && b, a || b and !a, x - y * floor(x / y), x * 2. See docs/errors.md#E25");
    return {};
}

}  // namespace detail

/// Error E25.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr refused operator^(const A&, const B&) {
    return detail::refuse_operator<detail::anyhow<A>>();
}

/// Error E25.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr refused operator&(const A&, const B&) {
    return detail::refuse_operator<detail::anyhow<A>>();
}

/// Error E25.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr refused operator|(const A&, const B&) {
    return detail::refuse_operator<detail::anyhow<A>>();
}

/// Error E25.
template <class A, class B>
    requires AnyExpression<A, B>
constexpr refused operator%(const A&, const B&) {
    return detail::refuse_operator<detail::anyhow<A>>();
}

/// Error E25. With a left operand that is neither an expression nor a number, such as std::cout, it is error E23.
template <class A, class B>
    requires(Expression<A> || (Number<A> && Expression<B>))
constexpr refused operator<<(const A&, const B&) {
    return detail::refuse_operator<detail::anyhow<A>>();
}

/// Error E25.
template <class A, class B>
    requires(Expression<A> || (Number<A> && Expression<B>))
constexpr refused operator>>(const A&, const B&) {
    return detail::refuse_operator<detail::anyhow<A>>();
}

/// Error E25.
template <Expression A>
constexpr refused operator~(const A&) {
    return detail::refuse_operator<detail::anyhow<A>>();
}

}  // namespace furl
