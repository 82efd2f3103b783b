#pragma once

#include <furl/program/check.hpp>
#include <furl/program/plan.hpp>

namespace FURL_NAMESPACE {

/// The cost of a step per parameter, counted in the program that runs.
template <class Count>
struct basic_cost_table {
    Count passes{};               ///< walks over memory
    Count loads{};                ///< values read from memory per parameter, in all walks
    Count stores{};               ///< values written per parameter
    Count bytes_per_parameter{};  ///< bytes read and written, in all walks
    Count additions{};            ///< additions and subtractions
    Count multiplications{};      ///< per parameter
    Count fused{};                ///< fused multiply-adds
    Count divisions{};            ///< per parameter
    Count square_roots{};         ///< per parameter
    Count functions{};            ///< exp, log, tanh, pow, ...
    Count others{};               ///< comparisons, select, min, max, abs, sign, negation: an instruction or two each
    Count reductions{};           ///< sums and maxima, over the tensor or over all
    Count states{};               ///< buffers of one value per parameter
    Count per_step{};             ///< operations once a step (or once a tensor), not per parameter
    Count per_line{};             ///< operations once a row or a column

    /// All operations per parameter, except loads and stores.
    constexpr Count operations() const {
        return additions + multiplications + fused + divisions + square_roots + functions + others + reductions;
    }
    /// Whether all counts are equal.
    constexpr bool operator==(const basic_cost_table&) const = default;
};

/// The cost table of a rule.
using cost_table = basic_cost_table<int>;

/// Counts an operation.
constexpr void count_operation(cost_table& c, op code) {
    switch (info(code).cost) {
        case op_cost::none: break;
        case op_cost::addition: ++c.additions; break;
        case op_cost::multiplication: ++c.multiplications; break;
        case op_cost::fused: ++c.fused; break;
        case op_cost::division: ++c.divisions; break;
        case op_cost::square_root: ++c.square_roots; break;
        case op_cost::function: ++c.functions; break;
        case op_cost::other: ++c.others; break;
        case op_cost::reduction: ++c.reductions; break;
    }
}

/// The cost table of a rule, for static_asserts, tables and people.
template <class Rule, class T = float, class Numerics = contracted>
inline constexpr cost_table cost = [] {
    using plan = furl::plan<Rule, Numerics>;
    cost_table c;
    c.passes = static_cast<int>(plan::walks_over_memory.size());
    for (std::size_t pass = 0; pass < plan::order.passes; ++pass)
        for (auto i : plan::order.elements[pass])
            if (plan::program.is_element(i)) count_operation(c, plan::program[i].code);
    for (std::size_t walk = 0; walk < plan::order.walks; ++walk)
        for (std::size_t k = 0; k < plan::streams.size(); ++k) c.loads += plan::walk_reads(walk, k);
    for (auto m : plan::order.matrices) {  // its operand is stored, and its result is read
        ++c.stores;
        for (std::size_t walk = 0; walk < plan::order.walks; ++walk) c.loads += plan::walk_computes(walk, m);
    }
    for (auto i : plan::order.reductions)
        if (plan::program.reads_elements(plan::program[i])) count_operation(c, plan::program[i].code);
    for (const auto& x : plan::program.code)
        c.per_line += detail::is_of_lines(x.where) && info(x.code).kind != op_kind::leaf && !is_reduction(x.code);
    for (const auto& stream : plan::streams) c.stores += stream.store >= 0;
    for (auto i : plan::order.scalars) {
        const auto& x = plan::program[i];
        c.per_step += info(x.code).kind != op_kind::leaf && !is_reduction(x.code);
    }
    c.states = static_cast<int>(plan::streams.size() - plan::first_state);
    c.bytes_per_parameter = (c.loads + c.stores) * static_cast<int>(sizeof(T));
    return c;
}();

namespace detail {

// A count of a rule that is not well formed. It compares as wanted, so that a static_assert adds no error to the diagnosis.
struct any_count {
    friend constexpr bool operator==(any_count, any_count) { return true; }
    friend constexpr bool operator<(any_count, int) { return true; }
    friend constexpr bool operator>(any_count, int) { return true; }
    friend constexpr bool operator<=(any_count, int) { return true; }
    friend constexpr bool operator>=(any_count, int) { return true; }
    friend constexpr bool operator==(any_count, int) { return true; }
    friend constexpr any_count operator+(any_count, any_count) { return {}; }
};

template <class Rule, class T>
struct no_cost : basic_cost_table<any_count> {
    static constexpr diagnose<Rule, T> report{};
};

}  // namespace detail

/// For a rule that is not well formed: reports its error once.
template <class Rule, class T, class Numerics>
    requires(!well_formed<Rule, T>)
inline constexpr detail::no_cost<Rule, T> cost<Rule, T, Numerics>{};

}  // namespace furl
