#pragma once

#include <furl/base/finite.hpp>
#include <furl/program/program.hpp>


namespace FURL_NAMESPACE {

namespace detail {

// Emits the sum or maximum of x over a row, a column, a tensor or all tensors. If x is the same for all elements of it, the sum is
// x times their number and the maximum is x, and no loop is needed. A value of rows is summed over the rows, not over all elements.
template <std::size_t Capacity>
struct reduction_of {
    program<Capacity>& out;
    domain over;

    constexpr std::int16_t sum(std::int16_t x) const {
        return is_shared(x) ? out.emit(op::multiply, x, count(over)) : out.emit(op::reduce_sum, x, left(x));
    }
    constexpr std::int16_t max(std::int16_t x) const { return is_shared(x) ? x : out.emit(op::reduce_max, x, left(x)); }
    constexpr std::int16_t mean(std::int16_t x) const { return out.emit(op::divide, sum(x), terms(x)); }

  private:
    constexpr domain left(std::int16_t x) const { return meet(out[x].where, over); }
    constexpr bool is_shared(std::int16_t x) const { return left(x) == out[x].where; }
    constexpr std::int16_t count(domain of) const { return out.emit(op::count, -1, of); }

    // Returns how many values a sum of x adds up.
    constexpr std::int16_t terms(std::int16_t x) const {
        const auto where = out[x].where;
        if (is_shared(x) || (where != domain::row && where != domain::column)) return count(over);
        const auto lines = count(where == domain::row ? domain::column : domain::row);
        if (over != domain::step) return lines;
        // Over all tensors their lines are counted: a sum of ones, one for each value of x.
        const auto one = out.emit(1.0);
        return out.emit(op::reduce_sum, out.emit(op::select, out.emit(op::equal, x, x), one, one), domain::step);
    }
};

template <std::size_t Capacity>
constexpr std::int16_t expand_pow(program<Capacity>& out, const instruction& x) {
    const auto [base, exponent, none] = x.operands;
    if (!out.is_element(base) || out[exponent].code != op::constant) return out.emit(x);
    const double e = out[exponent].value;
    if (e == 1) return base;
    if (e == 2) return out.emit(op::multiply, base, base);
    if (e == 3) return out.emit(op::multiply, out.emit(op::multiply, base, base), base);
    if (e == 0.5) return out.emit(op::sqrt, base);
    if (e == -1) return out.emit(op::divide, out.emit(1.0), base);
    return out.emit(x);
}

}  // namespace detail

/// Replaces functions and reductions by simpler operations, so that executors need to know only a few.
template <std::size_t Capacity>
constexpr program<Capacity> expand(const program<Capacity>& in) {
    return rewrite(in, [](program<Capacity>& out, const instruction& x, std::int16_t) {
        const auto a = x.operands[0], b = x.operands[1], c = x.operands[2];
        const auto squared = [&] { return out.emit(op::multiply, a, a); };
        const auto magnitude = [&] { return out.emit(op::abs, a); };
        const detail::reduction_of<Capacity> over{out, x.over};
        switch (x.code) {
            case op::square: return squared();
            case op::cube: return out.emit(op::multiply, squared(), a);
            case op::rsqrt: return out.emit(op::divide, out.emit(1.0), out.emit(op::sqrt, a));
            case op::sigmoid: {
                const auto e = out.emit(op::exp, out.emit(op::negate, a));
                return out.emit(op::divide, out.emit(1.0), out.emit(op::add, out.emit(1.0), e));
            }
            case op::lerp: return out.emit(op::add, a, out.emit(op::multiply, c, out.emit(op::subtract, b, a)));
            case op::pow: return detail::expand_pow(out, x);
            case op::sum: return over.sum(a);
            case op::mean: return over.mean(a);
            case op::dot: return over.sum(out.emit(op::multiply, a, b));
            case op::norm: return out.emit(op::sqrt, over.sum(squared()));
            case op::norm1: return over.sum(magnitude());
            case op::max_abs: return over.max(magnitude());
            case op::all_finite:
                return out.emit(op::less, over.max(magnitude()), out.emit(detail::infinity<double>));
            default: return out.emit(x);
        }
    });
}

}  // namespace furl
