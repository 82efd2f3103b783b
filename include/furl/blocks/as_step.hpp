#pragma once

#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace FURL_NAMESPACE {

namespace detail {

// Turns an update into its difference from the parameter, node by node. If the update is the parameter plus a step, the
// result is the exact step, without the rounding of the parameter.
template <std::size_t Capacity>
struct difference_to_param {
    graph<Capacity>& body;

    static constexpr std::int16_t none = -1;  // the value is the parameter itself, so the difference is 0

    constexpr node at(std::int16_t i) const { return body.nodes[static_cast<std::size_t>(i)]; }

    constexpr std::int16_t emit(op code, std::int16_t a, std::int16_t b = -1, std::int16_t c = -1) {
        return body.add(node{code, {a, b, c}, 0, {}});
    }

    constexpr std::int16_t number(double value) { return body.add(node{op::constant, {-1, -1, -1}, value, {}}); }

    // Tells whether a value is a sum with the parameter as one term, alone or with a factor.
    constexpr bool follows(std::int16_t i) const {
        const auto n = at(i);
        const auto [a, b, c] = n.operands;
        switch (n.code) {
            case op::param: return true;
            case op::let: case op::with: case op::guard: case op::zero_grad: case op::subtract: return follows(a);
            case op::add: return follows(a) || follows(b);
            case op::multiply: return at(a).code == op::param || at(b).code == op::param;
            case op::select: return follows(b) || follows(c);
            default: return false;
        }
    }

    constexpr std::int16_t of(std::int16_t i) {
        if (!follows(i)) return emit(op::subtract, i, param.into(body));
        auto n = at(i);
        const auto [a, b, c] = n.operands;
        switch (n.code) {
            case op::param: return none;
            case op::let: return of(a);
            case op::subtract: {
                const auto before = of(a);
                return before == none ? emit(op::negate, b) : emit(op::subtract, before, b);
            }
            case op::add: {
                const auto before = of(follows(a) ? a : b), more = follows(a) ? b : a;
                return before == none ? more : emit(op::add, before, more);
            }
            case op::multiply: {
                const auto factor = at(a).code == op::param ? b : a;
                return emit(op::multiply, param.into(body), emit(op::subtract, factor, number(1)));
            }
            case op::select: return emit(op::select, a, value_of(b), value_of(c));
            default: n.operands[0] = value_of(a); return body.add(n);  // with, guard, zero_grad
        }
    }

    constexpr std::int16_t value_of(std::int16_t i) {
        const auto result = of(i);
        return result == none ? number(0) : result;
    }
};

}  // namespace detail

/// The step of an update, which is the update minus the parameter, for a caller that adds the step to the parameters itself.
///
/// \f$ \Delta_t = u_t - \theta_{t-1} \f$
///
/// The optimizer writes the step to the buffer that it would otherwise take for the parameters, and reads the parameters as an
/// input:
///
///     opt.step(change, gradients, furl::input<"param"> = weights);  // the weights may be const
///
/// Put this block outermost: outside of it, `param` and `updated` are the step. Inside it, `updated`, which weight averages
/// follow, is the parameter plus the step. If the rule skips a step (skip_nonfinite), `opt.step` returns false and the buffer
/// still holds the last step: treat the step as 0.
///
/// @tparam Name   the name of the input: "param" unless given.
/// @param update  u: a rule's update. If it is a sum with the parameter as one term, alone or with a factor, the step is the sum
///                of the other terms, and so is not rounded to the unit of the parameter: `param - lr * d` becomes
///                `-(lr * d)`, and `param * c - lr * d` becomes `param * (c - 1) - lr * d`. Both sides of a select are treated
///                the same way. For other updates (a lerp, a quotient) the step is the difference, which has the rounding of
///                the parameter.
/// @returns  an expression of the shape of the update.
/// Cost:    1 subtraction per parameter at most; no load where the step does not need the parameter.
/// Source:  dlib's solvers and optax's updates are such steps.
template <fixed_string Name = "param", Expression Update>
constexpr auto as_step(const Update& update) {
    const auto kept = replace(update, updated, param + updated);
    constexpr auto capacity = std::min(graph_capacity<4, std::remove_const_t<decltype(kept)>> * 2, max_graph_nodes);
    detail::part_of<capacity> result;
    const auto whole = result.body.add(detail::laid_out(kept));
    result.body.root = detail::difference_to_param<capacity>{result.body}.value_of(whole);
    return replace(result, param, input<Name>);
}

}  // namespace furl
