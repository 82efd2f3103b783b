#pragma once

#include <furl/program/plan.hpp>

namespace furl {

/// What a step costs per parameter, from the program that runs.
struct cost_table {
    int passes = 0;                ///< over memory
    int loads = 0, stores = 0;     ///< values per parameter, all passes
    int bytes_per_parameter = 0;   ///< read and written, all passes
    int additions = 0;             ///< and subtractions
    int multiplications = 0;
    int fused = 0;                 ///< fused multiply-adds
    int divisions = 0;
    int square_roots = 0;
    int functions = 0;             ///< exp, log, tanh, pow, ...
    int others = 0;                ///< comparisons, select, min, max, abs, sign, negation: an instruction or two each
    int reductions = 0;
    int states = 0;                ///< buffers of one value per parameter
    int per_step = 0;              ///< operations once a step (or once a tensor), not per parameter

    constexpr int operations() const {
        return additions + multiplications + fused + divisions + square_roots + functions + others + reductions;
    }
    constexpr bool operator==(const cost_table&) const = default;
};

constexpr void count_operation(cost_table& c, op code) {
    switch (code) {
        case op::add: case op::subtract: ++c.additions; break;
        case op::multiply: ++c.multiplications; break;
        case op::fma: case op::fms: case op::fnma: ++c.fused; break;
        case op::divide: ++c.divisions; break;
        case op::sqrt: ++c.square_roots; break;
        case op::cbrt: case op::exp: case op::expm1: case op::log: case op::log1p: case op::tanh: case op::sin:
        case op::cos: case op::pow: case op::atan2: case op::random: ++c.functions; break;
        case op::reduce_sum: case op::reduce_max: case op::global_reduce_sum: case op::global_reduce_max:
            ++c.reductions;
            break;
        default:
            if (info(code).kind != op_kind::leaf) ++c.others;
    }
}

/// The cost table of a rule, for static_asserts, tables and people.
template <class Rule, class T = float, class Numerics = contracted>
inline constexpr cost_table cost = [] {
    using plan = furl::plan<Rule, Numerics>;
    cost_table c;
    c.passes = static_cast<int>(plan::order.passes);
    for (std::size_t pass = 0; pass < plan::order.passes; ++pass) {
        for (auto i : plan::order.elements[pass]) count_operation(c, plan::program[i].code);
        for (std::size_t k = 0; k < plan::streams.size(); ++k) c.loads += plan::reads(pass, k);
    }
    for (auto i : plan::order.reductions) count_operation(c, plan::program[i].code);
    for (const auto& stream : plan::streams) c.stores += stream.store >= 0;
    for (auto i : plan::order.scalars) {
        const auto& x = plan::program[i];
        c.per_step += info(x.code).kind != op_kind::leaf && !is_reduction(x.code);
    }
    c.states = static_cast<int>(plan::streams.size() - plan::first_state);
    c.bytes_per_parameter = (c.loads + c.stores) * static_cast<int>(sizeof(T));
    return c;
}();

}  // namespace furl
