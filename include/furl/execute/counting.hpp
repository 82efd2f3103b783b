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

    static constexpr counted of(op code, counted a, counted b = {}, counted c = {}) {
        auto* table = a.table ? a.table : b.table ? b.table : c.table;
        if (table) count_operation(*table, code);
        return {table};
    }
    static constexpr counted broadcast(double) { return {}; }
    static constexpr counted keep(counted a) { return a; }

    static constexpr counted add(counted a, counted b) { return of(op::add, a, b); }
    static constexpr counted subtract(counted a, counted b) { return of(op::subtract, a, b); }
    static constexpr counted multiply(counted a, counted b) { return of(op::multiply, a, b); }
    static constexpr counted divide(counted a, counted b) { return of(op::divide, a, b); }
    static constexpr counted negate(counted a) { return of(op::negate, a); }
    static constexpr counted fma(counted a, counted b, counted c) { return of(op::fma, a, b, c); }
    static constexpr counted fms(counted a, counted b, counted c) { return of(op::fms, a, b, c); }
    static constexpr counted fnma(counted a, counted b, counted c) { return of(op::fnma, a, b, c); }
    static constexpr counted sqrt(counted a) { return of(op::sqrt, a); }
    static constexpr counted cbrt(counted a) { return of(op::cbrt, a); }
    static constexpr counted abs(counted a) { return of(op::abs, a); }
    static constexpr counted floor(counted a) { return of(op::floor, a); }
    static constexpr counted exp(counted a) { return of(op::exp, a); }
    static constexpr counted expm1(counted a) { return of(op::expm1, a); }
    static constexpr counted log(counted a) { return of(op::log, a); }
    static constexpr counted log1p(counted a) { return of(op::log1p, a); }
    static constexpr counted tanh(counted a) { return of(op::tanh, a); }
    static constexpr counted sin(counted a) { return of(op::sin, a); }
    static constexpr counted cos(counted a) { return of(op::cos, a); }
    static constexpr counted copysign(counted a, counted b) { return of(op::copysign, a, b); }
    static constexpr counted pow(counted a, counted b) { return of(op::pow, a, b); }
    static constexpr counted atan2(counted a, counted b) { return of(op::atan2, a, b); }
    static constexpr counted less(counted a, counted b) { return of(op::less, a, b); }
    static constexpr counted less_equal(counted a, counted b) { return of(op::less_equal, a, b); }
    static constexpr counted equal(counted a, counted b) { return of(op::equal, a, b); }
    static constexpr counted not_equal(counted a, counted b) { return of(op::not_equal, a, b); }
    static constexpr counted both(counted a, counted b) { return of(op::logical_and, a, b); }
    static constexpr counted either(counted a, counted b) { return of(op::logical_or, a, b); }
    static constexpr counted neither(counted a) { return of(op::logical_not, a); }
    static constexpr counted select(counted c, counted a, counted b) { return of(op::select, c, a, b); }
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
