#pragma once

#include <furl/program/program.hpp>

namespace FURL_NAMESPACE {

namespace detail {

// A value of an element as a product: a value of its row times a value of its column. The index -1 stands for the factor 1. If
// `exists` is false, the value is no such product.
struct line_product {
    bool exists = false;
    std::int16_t row = -1, column = -1;
};

template <std::size_t Capacity>
struct line_products {
    program<Capacity>& out;

    // Splits a value into a factor of its row and one of its column.
    constexpr line_product of(std::int16_t i) const {
        const auto x = out[i];
        if (x.where == domain::column) return {true, -1, i};
        if (x.where != domain::element) return {true, i, -1};
        if (x.code != op::multiply && x.code != op::divide) return {};
        const auto a = of(x.operands[0]), b = of(x.operands[1]);
        if (!a.exists || !b.exists) return {};
        return {true, combined(x.code, a.row, b.row), combined(x.code, a.column, b.column)};
    }

    constexpr std::int16_t one_over(std::int16_t i) const { return out.emit(op::divide, out.emit(1.0), i); }

  private:
    constexpr std::int16_t combined(op code, std::int16_t a, std::int16_t b) const {
        if (b < 0) return a;
        if (a < 0) return code == op::divide ? one_over(b) : b;
        return out.emit(code, a, b);
    }
};

// Tells whether a value is known to be at least 0, or NaN, provided that all decays are in [0, 1].
template <std::size_t Capacity>
struct signs {
    const program<Capacity>& p;
    std::int16_t assumed = -1;  // a state that is assumed not to be negative, to prove that its next value is not: by induction

    constexpr bool never_negative(std::int16_t i) const {
        const auto x = p[i];
        const auto [a, b, c] = x.operands;
        switch (x.code) {
            case op::constant: return x.value >= 0;
            case op::count: case op::step: case op::sqrt: case op::abs: case op::exp: return true;
            case op::multiply: return a == b || (never_negative(a) && never_negative(b));
            case op::add: case op::divide: case op::minimum: return never_negative(a) && never_negative(b);
            case op::maximum: return never_negative(a) || never_negative(b);
            case op::subtract: return p[a].code == op::constant && p[a].value == 1 && is_decay(b);
            case op::select: return never_negative(b) && never_negative(c);
            case op::reduce_sum: case op::reduce_max: return never_negative(a);
            case op::hyper: return is_decay(i);
            case op::previous: return x.slot >= 0 && (x.slot == assumed || keeps_sign(x.slot));
            default: return false;
        }
    }

    // Whether this holds for each factor of a row or column in a product.
    constexpr bool factors_never_negative(std::int16_t i) const {
        if (!p.is_element(i)) return never_negative(i);
        return factors_never_negative(p[i].operands[0]) && factors_never_negative(p[i].operands[1]);
    }

  private:
    // Whether a value is the decay of an ema.
    constexpr bool is_decay(std::int16_t i) const {
        for (const auto& s : p.states)
            if (s.decay == i) return true;
        return false;
    }
    constexpr bool keeps_sign(std::int16_t slot) const {
        const auto& s = p.states[static_cast<std::size_t>(slot)];
        return assumed < 0 && s.role == state_role::of_rule && s.next >= 0 && (s.initial < 0 || never_negative(s.initial)) && signs{p, slot}.never_negative(s.next);
    }
};

}  // namespace detail

/// Splits roots and divisors of elements into those of rows and of columns: sqrt(r c) becomes sqrt(r) sqrt(c) if neither r nor c
/// can be negative, and x / (r c) becomes x ((1/r) (1/c)). So the loop over elements has one root and one division less.
template <std::size_t Capacity>
constexpr program<Capacity> split_lines(const program<Capacity>& in) {
    const detail::signs<Capacity> signs{in};
    return rewrite(in, [&](program<Capacity>& out, const instruction& x, std::int16_t i) {
        const detail::line_products<Capacity> products{out};
        if (x.code == op::sqrt && out.is_element(x.operands[0])) {
            const auto parts = products.of(x.operands[0]);
            if (parts.row >= 0 && parts.column >= 0 && signs.factors_never_negative(in[i].operands[0]))
                return out.emit(op::multiply, out.emit(op::sqrt, parts.row), out.emit(op::sqrt, parts.column));
        }
        if (x.code == op::divide && out.is_element(x.operands[1])) {
            const auto parts = products.of(x.operands[1]);
            if (parts.row >= 0 && parts.column >= 0) {
                const auto by = out.emit(op::multiply, products.one_over(parts.row), products.one_over(parts.column));
                return out.emit(op::multiply, x.operands[0], by);
            }
        }
        return out.emit(x);
    });
}

}  // namespace furl
