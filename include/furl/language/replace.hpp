#pragma once

#include <furl/language/leaves.hpp>
#include <furl/language/named.hpp>

namespace FURL_NAMESPACE {

namespace detail {

struct no_name {};

template <std::size_t Capacity>
using part_of = named<named_kind::part, no_name, Capacity>;

// Lays an expression out in a graph of its own.
template <Expression X>
constexpr auto laid_out(const X& x) {
    graph<graph_capacity<0, X>> g;
    g.root = x.into(g);
    return g;
}

// Returns x with y in the place of each node for which is_replaced(node) is true.
template <Expression X, class Y, class IsReplaced>
constexpr auto replace_nodes(const X& x, const Y& y, IsReplaced is_replaced) {
    const auto replacement = as_expression(y);
    part_of<graph_capacity<0, X, as_expression_t<Y>>> result;
    const auto instead = replacement.into(result.body);
    result.body.root = result.body.add(laid_out(x), [&](const node& n) {
        return is_replaced(n) ? instead : result.body.add(n);
    });
    return result;
}

}  // namespace detail

/// Returns x with a leaf replaced everywhere, also in the recurrences of its states: `replace(update, grad, clipped)`.
///
/// @param x     an expression, usually a rule's update.
/// @tparam Leaf  given as an argument: furl::grad, furl::param, furl::step or furl::updated.
/// @param y     the replacement; leaves inside y stay.
/// @returns     an expression of the shape of x.
template <Expression X, op Leaf, class Y>
constexpr auto replace(const X& x, const leaf<Leaf>&, const Y& y) {
    return detail::replace_nodes(x, y, [](const node& n) { return n.code == Leaf; });
}

/// Returns x with a hyperparameter replaced everywhere, by a schedule for example:
/// `replace(zoo::adam::update, zoo::adam::lr, schedules::cosine(zoo::adam::lr, 0.0, 10'000))`.
///
/// @param x       an expression, usually a rule's update.
/// @tparam Name    given as an argument: the hyperparameter, which x need not use.
/// @param y       the replacement; the hyperparameter inside y stays.
/// @returns       an expression of the shape of x.
template <Expression X, class Name, class Y>
constexpr auto replace(const X& x, const hyperparameter<Name>&, const Y& y) {
    return detail::replace_nodes(x, y, [](const node& n) { return n.code == op::hyper && n.name == name_text<Name>; });
}

/// Does x in the steps in which the condition holds. In the other steps the parameters and all states of x stay as they are, and
/// the first_step of x does not count them.
///
/// @param condition  one value per step, per tensor or per parameter.
/// @param x          an update.
/// Cost:  1 select for the update and for each state.
template <Expression Condition, Expression X>
constexpr auto only_if(const Condition& condition, const X& x) {
    detail::part_of<std::min(graph_capacity<4, Condition, X> * 2, max_graph_nodes)> result;
    auto& body = result.body;
    const auto holds = condition.into(body);
    const auto before = param.into(body);
    const auto after = body.add(detail::laid_out(x), [&](node n) {
        if (n.code == op::state) {
            const auto old = body.add(node{op::previous, {-1, -1, -1}, 0, n.name});
            n.operands[0] = body.add(node{op::select, {holds, n.operands[0], old}, 0, {}});
        } else if (n.code == op::first_step) {
            auto& counts = n.operands[0];
            counts = counts < 0 ? holds : body.add(node{op::logical_and, {holds, counts, -1}, 0, {}});
        }
        return body.add(n);
    });
    body.root = body.add(node{op::select, {holds, after, before}, 0, {}});
    return result;
}

/// Returns the value of x, but skips the whole step unless the condition holds: then neither parameters nor states are written,
/// the step does not count, and `opt.step(...)` returns false.
///
/// @param condition  one value per step, from global(...) reductions: global(all_finite(grad)), for example.
/// @param x          an update.
/// Errors:  E21 if the condition has a value per tensor or per parameter.
template <class X, Expression Condition>
constexpr auto skip_unless(const Condition& condition, const X& x) {
    return make<op::guard>(x, condition);
}

/// Returns the value of x, and lets the step set the gradient to 0 in the same pass.
///
/// A training loop that sums gradients from zero then needs no pass to zero them. A step that is skipped (skip_unless,
/// skip_nonfinite) writes nothing, so it leaves the gradients as they are, whether zero_grad stands inside or outside. The loop
/// must then zero them itself, because an infinity that stays in the sum skips each later step too:
///
///     if (!opt.step(w, g)) furl::zero_gradients(g);
///
/// @param x  an update.
/// Cost:    1 store per parameter.
/// Errors:  E39 if the gradients that a step is given are const.
template <Expression X>
constexpr auto zero_grad(const X& x) {
    return make<op::zero_grad>(x);
}

}  // namespace furl
