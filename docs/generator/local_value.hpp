#pragma once

#include <furl/language/limits.hpp>
#include <furl/language/op.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace docs {

/// The variables of a step: the parameter, the gradient, then the old values of the states.
inline constexpr std::size_t most_variables = 2 + furl::max_states;

/// A set of variables, a bit each.
using variables = std::uint64_t;

constexpr variables bit(std::size_t i) { return variables{1} << i; }

/// A value at a point, its derivatives there, and which variables it depends on.
struct local_value {
    double value = 0;
    std::array<double, most_variables> slope{};  ///< the derivatives
    variables depends = 0;                       ///< what it depends on
    variables curved = 0;                        ///< what it depends on otherwise than linearly
    bool is_smooth = true;                       ///< whether it has derivatives

    static local_value number(double value);
    static local_value variable(std::size_t i);  ///< at 0
};

local_value sum(const local_value& a, const local_value& b, double factor_of_b = 1);
local_value product(const local_value& a, const local_value& b);

/// An operation of a program on values; one with fewer operands ignores the others. Reductions are of one element.
local_value apply(furl::op code, const local_value& a, const local_value& b, const local_value& c);

}  // namespace docs
