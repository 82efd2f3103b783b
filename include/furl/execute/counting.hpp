#pragma once

#include <furl/execute/kernel.hpp>
#include <furl/program/cost.hpp>

namespace FURL_NAMESPACE {

/// A value type that counts the operations on it: the evaluator runs over it at compile time.
struct counted {
    cost_table* table = nullptr;
};

template <>
struct arithmetic<counted> {
    using element = double;
    using mask = counted;
    static constexpr std::size_t width = 1;

    // Each operation counts itself in the table of an operand that has one.
    template <class... X>
    static constexpr counted of(op code, X... x) {
        cost_table* table = nullptr;
        ((table = table ? table : x.table), ...);
        if (table) count_operation(*table, code);
        return {table};
    }
#define FURL_ROW(name, kind, arity, is_condition, cost, text) \
    template <class... X>                                     \
    static constexpr counted name(X... x) {                   \
        return of(op::name, x...);                            \
    }
    FURL_OPERATIONS(FURL_ROW)
#undef FURL_ROW

    static constexpr counted broadcast(double) { return {}; }
    static constexpr counted keep(counted a) { return a; }
    static constexpr counted both(counted a, counted b) { return of(op::logical_and, a, b); }
    static constexpr counted either(counted a, counted b) { return of(op::logical_or, a, b); }
    static constexpr counted neither(counted a) { return of(op::logical_not, a); }
};

static_assert(Arithmetic<counted>);

namespace detail {

template <class Plan>
struct counting_leaves {
    cost_table* table;

    template <std::int16_t I>
    constexpr counted get() const {
        table->loads += Plan::program.is_element(I);
        return {table};
    }

    template <std::int16_t>
    constexpr counted draw() const {
        count_operation(*table, op::random);
        return {table};
    }
};

}  // namespace detail

/// Runs the evaluator for one parameter and counts what it does: loads, stores and operations of all passes.
template <class Rule, class Numerics = contracted>
constexpr cost_table count_operations() {
    using plan = furl::plan<Rule, Numerics>;
    cost_table table;
    [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
        (
            [&] {
                registers<plan, counted> r{}, uniforms{};
                evaluate_elements<plan, Pass>(r, uniforms, detail::counting_leaves<plan>{&table});
                ++table.passes;
            }(),
            ...);
    }(std::make_index_sequence<plan::order.passes>{});
    for (const auto& stream : plan::streams) table.stores += stream.store >= 0;
    return table;
}

}  // namespace furl
