#pragma once

#include <furl/language/matrices.hpp>
#include <furl/language/replace.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace FURL_NAMESPACE::detail {

// Whether the derivative of an operation's value depends on that of operand k. A condition, a sign and a floor are constant but at the
// points where they jump; of a naming operation only the first operand is its value.
constexpr bool passes_derivative(op code, std::size_t k) {
    if (info(code).kind == op_kind::naming) return k == 0;
    if (code == op::select) return k > 0;
    return !info(code).is_condition && code != op::sign && code != op::floor && code != op::random;
}

// Writes the derivative of an operation from those of its operands, by the chain rule. Derivatives are nodes of the same graph; `none`
// is the derivative of a constant, so that what does not depend on the hyperparameter gets no nodes.
template <std::size_t Capacity>
struct chain_rule {
    graph<Capacity>& body;

    static constexpr std::int16_t none = -1;

    constexpr const node& at(std::int16_t i) const { return body.nodes[static_cast<std::size_t>(i)]; }

    constexpr std::int16_t number(double value) { return body.add(node{op::constant, {-1, -1, -1}, value, {}}); }

    constexpr bool is_number(std::int16_t i, double value) const { return at(i).code == op::constant && at(i).value == value; }

    constexpr std::int16_t emit(op code, std::int16_t a, std::int16_t b = -1, std::int16_t c = -1) {
        return body.add(node{code, {a, b, c}, 0, {}});
    }

    // The operations below take derivatives, which may be none.
    constexpr std::int16_t plus(std::int16_t x, std::int16_t y) {
        if (x == none || y == none) return x == none ? y : x;
        return emit(op::add, x, y);
    }
    constexpr std::int16_t negated(std::int16_t x) { return x == none ? none : emit(op::negate, x); }
    constexpr std::int16_t minus(std::int16_t x, std::int16_t y) {
        if (x == none || y == none) return x == none ? negated(y) : x;
        return emit(op::subtract, x, y);
    }
    constexpr std::int16_t times(std::int16_t factor, std::int16_t x) {
        if (x == none || is_number(factor, 1)) return x;
        return is_number(x, 1) ? factor : emit(op::multiply, factor, x);
    }
    constexpr std::int16_t over(std::int16_t x, std::int16_t divisor) { return x == none ? none : emit(op::divide, x, divisor); }
    constexpr std::int16_t either(std::int16_t condition, std::int16_t x, std::int16_t y) {
        if (x == none && y == none) return none;
        return emit(op::select, condition, x == none ? number(0) : x, y == none ? number(0) : y);
    }

    // The derivative is infinite where a root is 0. There the operand is 0, usually because all gradients so far were 0, and its
    // derivative is 0 too; their product counts as 0, and not as NaN.
    constexpr std::int16_t unless_zero(std::int16_t value, std::int16_t x) {
        return x == none ? none : either(emit(op::equal, value, number(0)), none, x);
    }

    // A derivative may have fewer values than the value itself: 1 for all rows, for example. Under a sum it counts as often as the
    // value does.
    constexpr std::int16_t spread(std::int16_t x, std::int16_t value) {
        return x == none ? none : emit(op::select, emit(op::equal, value, value), x, x);
    }
    constexpr std::int16_t reduced(op code, std::int16_t x, domain over_what) {
        return x == none ? none : body.add(node{code, {x, -1, -1}, 0, {}, over_what});
    }

    constexpr std::int16_t of_pow(std::int16_t value, std::int16_t a, std::int16_t b, std::int16_t x, std::int16_t y) {
        std::int16_t by_base = none, by_exponent = none;
        if (x != none) {
            const auto less = at(b).code == op::constant ? number(at(b).value - 1) : emit(op::subtract, b, number(1));
            by_base = times(emit(op::multiply, b, emit(op::pow, a, less)), x);
        }
        if (y != none) by_exponent = unless_zero(value, times(emit(op::multiply, value, emit(op::log, a)), y));
        return plus(by_base, by_exponent);
    }

    // Returns the derivative of max_abs: that of the element with the largest magnitude; the mean of several.
    constexpr std::int16_t of_max_abs(std::int16_t value, std::int16_t a, std::int16_t x, domain where) {
        const auto is_largest = emit(op::equal, emit(op::abs, a), value);
        const auto sum = reduced(op::sum, either(is_largest, times(emit(op::sign, a), x), none), where);
        return over(sum, reduced(op::sum, either(is_largest, number(1), none), where));
    }

    // Returns the derivative of node i, whose operands have the derivatives x, y and z, not all none.
    constexpr std::int16_t of(std::int16_t i, std::int16_t x, std::int16_t y, std::int16_t z) {
        const node n = at(i);
        const auto [a, b, c] = n.operands;
        switch (n.code) {
            case op::let: case op::corrected: case op::state: case op::with: case op::guard: case op::zero_grad: return x;
            case op::add: return plus(x, y);
            case op::subtract: return minus(x, y);
            case op::multiply: return plus(times(b, x), times(a, y));
            case op::divide: return over(minus(x, times(i, y)), b);
            case op::negate: return negated(x);
            case op::square: return times(emit(op::multiply, number(2), a), x);
            case op::cube: return times(emit(op::multiply, number(3), emit(op::square, a)), x);
            case op::sqrt: return unless_zero(i, over(x, emit(op::multiply, number(2), i)));
            case op::rsqrt: return times(emit(op::multiply, number(-0.5), emit(op::cube, i)), x);
            case op::cbrt: return unless_zero(i, over(x, emit(op::multiply, number(3), emit(op::square, i))));
            case op::abs: return times(emit(op::sign, a), x);
            case op::exp: return times(i, x);
            case op::expm1: return times(emit(op::add, i, number(1)), x);
            case op::log: return over(x, a);
            case op::log1p: return over(x, emit(op::add, a, number(1)));
            case op::tanh: return times(emit(op::subtract, number(1), emit(op::square, i)), x);
            case op::sigmoid: return times(emit(op::multiply, i, emit(op::subtract, number(1), i)), x);
            case op::sin: return times(emit(op::cos, a), x);
            case op::cos: return negated(times(emit(op::sin, a), x));
            case op::copysign: return times(emit(op::multiply, emit(op::sign, a), emit(op::copysign, number(1), b)), x);
            case op::minimum: return either(emit(op::less, a, b), x, y);
            case op::maximum: return either(emit(op::greater, a, b), x, y);
            case op::pow: return of_pow(i, a, b, x, y);
            case op::atan2: {
                const auto squares = emit(op::add, emit(op::square, a), emit(op::square, b));
                return unless_zero(squares, over(minus(times(b, x), times(a, y)), squares));
            }
            case op::clamp: return either(emit(op::less, a, b), y, either(emit(op::greater, a, c), z, x));
            case op::lerp: return plus(plus(x, times(c, minus(y, x))), times(emit(op::subtract, b, a), z));
            case op::select: return either(a, y, z);
            case op::sum: case op::mean: return reduced(n.code, spread(x, a), n.over);
            case op::dot: return reduced(op::sum, spread(plus(times(b, x), times(a, y)), emit(op::multiply, a, b)), n.over);
            case op::norm: return unless_zero(i, over(reduced(op::sum, times(a, x), n.over), i));
            case op::norm1: return reduced(op::sum, times(emit(op::sign, a), x), n.over);
            case op::max_abs: return of_max_abs(i, a, x, n.over);
            case op::matrix: return body.add(node{op::refused, {-1, -1, -1}, 0, n.function->name});
            default: return body.add(node{op::refused, {-1, -1, -1}, 0, info(n.code).text});
        }
    }
};

// The derivatives of a rule's values with respect to a hyperparameter, in forward mode. The rule is the first `size` nodes of the graph.
//
// In one step, all that was before it counts as constant. Along a run the parameter and the old values of states have derivatives too:
// those are states themselves, which names give their names. A state has one only if the update depends on its old value.
template <std::size_t Capacity>
struct differentiation {
    graph<Capacity>& body;
    std::size_t size;
    std::string_view hyper;

    static constexpr std::int16_t none = chain_rule<Capacity>::none;

    // Along a run: the derivative of the parameter before the step, that of the gradient, and the names of the derivatives of the
    // states, in their order in the graph.
    std::int16_t of_param = none, of_grad = none;
    const std::string_view* names = nullptr;

    std::int16_t found[Capacity == 0 ? 1 : Capacity]{};
    bool done[Capacity == 0 ? 1 : Capacity]{};
    bool varies[Capacity == 0 ? 1 : Capacity]{};
    std::int16_t root = none;

    constexpr const node& at(std::size_t i) const { return body.nodes[i]; }

    // Returns the place of the state whose old value a node reads; `size` if there is none.
    constexpr std::size_t state_of(const node& reader) const {
        std::size_t i = 0;
        while (i < size && !(at(i).code == op::state && at(i).name == reader.name)) ++i;
        return i;
    }

    constexpr std::int16_t initial_of(const node& state) const {
        const auto& initial = at(static_cast<std::size_t>(state.operands[1]));
        return initial.code == op::starts ? initial.operands[0] : state.operands[1];
    }

    constexpr bool does_vary(std::size_t i) const {
        const node& n = at(i);
        if (n.code == op::hyper) return n.name == hyper;
        if (n.code == op::param) return of_param != none;
        if (n.code == op::grad) return of_grad != none;
        if (n.code == op::updated) return varies[root];
        if (n.code == op::previous) {
            const auto state = state_of(n);
            return names && state < size && varies[state];
        }
        if (n.code == op::state && names && varies[initial_of(n)]) return true;
        for (std::size_t k = 0; k < 3; ++k)
            if (n.operands[k] >= 0 && passes_derivative(n.code, k) && varies[n.operands[k]]) return true;
        return false;
    }

    // Finds which values depend on the hyperparameter. A state may depend on itself, so this goes on until nothing changes.
    constexpr void find_what_varies() {
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t i = 0; i < size; ++i)
                if (!varies[i] && does_vary(i)) changed = varies[i] = true;
        }
    }

    constexpr std::string_view name_of_state(std::size_t state) const {
        std::size_t before = 0;
        for (std::size_t i = 0; i < state; ++i) before += at(i).code == op::state;
        return names[before];
    }

    constexpr std::int16_t derivative_of(std::size_t i) {
        const node n = at(i);
        if (!varies[i]) return none;
        chain_rule<Capacity> rule{body};
        switch (n.code) {
            case op::hyper: return rule.number(1);
            case op::param: return of_param;
            case op::grad: return of_grad;
            case op::updated: return found[root];
            case op::previous: return body.add(node{op::previous, {-1, -1, -1}, 0, name_of_state(state_of(n))});
            default: break;
        }
        const auto operand = [&](std::size_t k) { return n.operands[k] >= 0 && passes_derivative(n.code, k) ? found[n.operands[k]] : none; };
        const auto x = operand(0), y = operand(1), z = operand(2);
        return x == none && y == none && z == none ? none : rule.of(static_cast<std::int16_t>(i), x, y, z);
    }

    // Returns the derivative of node i, after those of all nodes that it depends on: those stand before it in the graph.
    constexpr std::int16_t of(std::int16_t wanted) {
        const auto last = static_cast<std::size_t>(wanted);
        bool needed[Capacity == 0 ? 1 : Capacity]{};
        needed[last] = true;
        for (std::size_t i = last + 1; i-- > 0;)
            for (std::size_t k = 0; needed[i] && !done[i] && k < 3; ++k)
                if (at(i).operands[k] >= 0 && passes_derivative(at(i).code, k)) needed[at(i).operands[k]] = true;
        for (std::size_t i = 0; i <= last; ++i) {
            if (!needed[i] || done[i]) continue;
            found[i] = derivative_of(i);
            done[i] = true;
        }
        return found[last];
    }

    // Adds the derivative of a state, which starts when the state does.
    constexpr void add_state(std::size_t i) {
        const node n = at(i);
        const auto zero_or = [&](std::int16_t x) { return x == none ? chain_rule<Capacity>{body}.number(0) : x; };
        auto initial = zero_or(of(initial_of(n)));
        if (const node start = at(static_cast<std::size_t>(n.operands[1])); start.code == op::starts)
            initial = body.add(node{op::starts, {initial, start.operands[1], -1}, 0, {}});
        const auto next = zero_or(of(n.operands[0]));
        body.add(node{op::state, {next, initial, -1}, 0, name_of_state(i)});
    }

    // Returns the derivative of the value at the root, or none, and adds the states that it needs.
    constexpr std::int16_t run(std::int16_t at_root) {
        root = at_root;
        for (auto& x : found) x = none;
        find_what_varies();
        const auto result = of(root);
        bool added[Capacity == 0 ? 1 : Capacity]{};
        for (bool more = names != nullptr; more;) {
            more = false;
            for (std::size_t i = 0; i < size; ++i) {
                if (at(i).code != op::previous || !done[i] || found[i] == none) continue;
                const auto state = state_of(at(i));
                if (added[state]) continue;
                added[state] = more = true;
                add_state(state);
            }
        }
        return result;
    }
};

}  // namespace furl::detail
