#pragma once

#include <furl/language/leaves.hpp>
#include <furl/language/named.hpp>

namespace FURL_NAMESPACE {

namespace detail {

struct no_name {};

template <std::size_t Capacity>
using part_of = named<named_kind::part, no_name, Capacity>;

// An expression laid out in a graph of its own.
template <Expression X>
constexpr auto laid_out(const X& x) {
    graph<graph_capacity<0, X>> g;
    g.root = x.into(g);
    return g;
}

// x with each node for which is_replaced(node) replaced by y.
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

/// x with a leaf replaced everywhere, in the recurrences of its states too: `replace(update, grad, clipped)`.
///
/// @param x     an expression, a rule's update as a rule.
/// @tparam Leaf  as an argument: furl::grad, furl::param, furl::step or furl::updated.
/// @param y     what stands in its place; leaves inside y stay.
/// @returns     an expression of the shape of x.
template <Expression X, op Leaf, class Y>
constexpr auto replace(const X& x, const leaf<Leaf>&, const Y& y) {
    return detail::replace_nodes(x, y, [](const node& n) { return n.code == Leaf; });
}

/// x with a hyperparameter replaced everywhere, by a schedule say:
/// `replace(zoo::adam::update, zoo::adam::lr, schedules::cosine(zoo::adam::lr, 0.0, 10'000))`.
///
/// @param x       an expression, a rule's update as a rule.
/// @tparam Name    as an argument: the hyperparameter, which x may use or not.
/// @param y       what stands in its place; the hyperparameter inside y stays.
/// @returns       an expression of the shape of x.
template <Expression X, class Name, class Y>
constexpr auto replace(const X& x, const hyperparameter<Name>&, const Y& y) {
    return detail::replace_nodes(x, y, [](const node& n) { return n.code == op::hyper && n.name == name_text<Name>; });
}

/// x in the steps in which the condition holds; in others the parameters and all states of x stay as they are, and for
/// x it is still the first step where it was.
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

/// The value of x; but the whole step is skipped unless the condition holds: nothing is written, no parameter, no state,
/// and the step does not count. `opt.step(...)` then returns false.
///
/// @param condition  one value per step: of global(...) reductions, say global(all_finite(grad)).
/// @param x          an update.
/// Errors:  E21 if the condition has a value per tensor or per parameter.
template <class X, Expression Condition>
constexpr auto skip_unless(const Condition& condition, const X& x) {
    return make<op::guard>(x, condition);
}

/// The value of x; and the step leaves 0 where it found the gradient, in the same pass.
///
/// A training loop that sums gradients from zero then needs no pass to zero them. A step that is skipped (skip_unless,
/// skip_nonfinite) writes nothing, so it leaves them as they are, whether zero_grad stands inside or outside. The loop then
/// zeroes them itself, since an infinity that stays in the sum skips each later step too:
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
