#include "local_value.hpp"

#include <furl/program/constant_folding.hpp>

#include <cmath>
#include <limits>
#include <optional>

namespace docs {

namespace {

using furl::op;

bool is_number(const local_value& x) { return x.depends == 0 && x.is_smooth; }

bool are_equal(const local_value& a, const local_value& b) {
    return a.is_smooth && b.is_smooth && a.value == b.value && a.slope == b.slope;
}

// A value that has no derivatives, and perhaps no value either.
local_value unknown(const local_value& a, const local_value& b, const local_value& c) {
    auto result = local_value::number(std::numeric_limits<double>::quiet_NaN());
    result.depends = result.curved = a.depends | b.depends | c.depends;
    result.is_smooth = false;
    return result;
}

std::optional<double> on_numbers(op code, const std::array<double, 3>& x) {
    if (code == op::atan2) return std::atan2(x[0], x[1]);
    return furl::detail::folded(code, x[0], x[1], x[2]);
}

// The difference quotients of a function to the left and to the right of an operand, or nothing where it is not defined.
struct quotients {
    std::optional<double> left, right;

    quotients(op code, std::array<double, 3> at, std::size_t which, double value, double distance) {
        const double here = at[which];
        at[which] = here - distance;
        if (const auto before = on_numbers(code, at)) left = (value - *before) / distance;
        at[which] = here + distance;
        if (const auto after = on_numbers(code, at)) right = (*after - value) / distance;
    }
    bool is_zero() const { return left == 0 && right == 0; }
    bool is_near(const quotients& closer) const {
        const auto near = [&](auto x) { return x && std::abs(*x - *left) < 0.01 * (1 + std::abs(*left)); };
        return left && near(right) && near(closer.left) && near(closer.right);
    }
};

// A function of operands, whose derivatives are differences. It has none where they differ to the left and to the right, or grow as
// the distance shrinks.
local_value function(op code, const local_value& a, const local_value& b = {}, const local_value& c = {}) {
    const std::array operands{a, b, c};
    const std::array at{a.value, b.value, c.value};
    const auto value = on_numbers(code, at);
    if (!value || std::isnan(a.value + b.value + c.value)) return unknown(a, b, c);
    auto result = local_value::number(*value);
    for (std::size_t k = 0; k < at.size(); ++k) {
        const auto& x = operands[k];
        if (is_number(x)) continue;
        const double distance = x.value == 0 ? 1e-6 : 1e-4 * std::abs(x.value);
        const quotients far(code, at, k, *value, distance), near(code, at, k, *value, distance / 10);
        result.depends |= x.depends;
        result.curved |= x.depends;
        // A limit that is not reached changes nothing, and needs no derivative of what it is compared with.
        if (far.is_zero() && near.is_zero() && !x.is_smooth) continue;
        result.is_smooth = result.is_smooth && x.is_smooth && far.is_near(near);
        if (!result.is_smooth) continue;
        for (std::size_t i = 0; i < most_variables; ++i) result.slope[i] += (*far.left + *far.right) / 2 * x.slope[i];
    }
    return result;
}

local_value both(const local_value& a, const local_value& b) {
    for (const auto* x : {&a, &b})
        if (x->is_smooth && x->value == 0) return *x;
    return a.is_smooth ? b : a;
}

local_value negation(local_value a) {
    a.value = a.value == 0 ? 1 : 0;
    return a;
}

local_value chosen(const local_value& condition, const local_value& yes, const local_value& no) {
    if (condition.is_smooth) {
        auto result = condition.value != 0 ? yes : no;
        result.depends |= condition.depends;
        result.curved |= condition.depends;
        return result;
    }
    return are_equal(yes, no) ? yes : unknown(condition, yes, no);
}

}  // namespace

local_value local_value::number(double value) {
    local_value result;
    result.value = value;
    return result;
}

local_value local_value::variable(std::size_t i) {
    local_value result;
    result.slope[i] = 1;
    result.depends = bit(i);
    return result;
}

local_value sum(const local_value& a, const local_value& b, double factor_of_b) {
    local_value result{a.value + factor_of_b * b.value, a.slope, a.depends | b.depends, a.curved | b.curved, a.is_smooth && b.is_smooth};
    for (std::size_t i = 0; i < most_variables; ++i) result.slope[i] += factor_of_b * b.slope[i];
    return result;
}

local_value product(const local_value& a, const local_value& b) {
    // A decay of 0 takes away what it is multiplied with, whether that has derivatives or not.
    if ((is_number(a) && a.value == 0) || (is_number(b) && b.value == 0)) return {};
    local_value result{a.value * b.value, {}, a.depends | b.depends, a.curved | b.curved, a.is_smooth && b.is_smooth};
    for (std::size_t i = 0; i < most_variables; ++i) result.slope[i] = a.slope[i] * b.value + a.value * b.slope[i];
    if (!is_number(a) && !is_number(b)) result.curved |= result.depends;
    return result;
}

local_value apply(op code, const local_value& a, const local_value& b, const local_value& c) {
    switch (code) {
        case op::add: return sum(a, b);
        case op::subtract: return sum(a, b, -1);
        case op::negate: return sum({}, a, -1);
        case op::multiply: case op::dot: return product(a, b);
        case op::square: return product(a, a);
        case op::cube: return product(product(a, a), a);
        case op::divide: return product(a, function(op::divide, local_value::number(1), b));
        case op::lerp: return sum(a, product(c, sum(b, a, -1)));
        case op::select: return chosen(a, b, c);
        case op::logical_and: return both(a, b);
        case op::logical_or: return negation(both(negation(a), negation(b)));
        case op::logical_not: return negation(a);
        case op::sum: case op::mean: return a;
        case op::norm: case op::norm1: case op::max_abs: return function(op::abs, a);
        default: return function(code, a, b, c);
    }
}

}  // namespace docs
