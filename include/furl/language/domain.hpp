#pragma once

#include <furl/base/build.hpp>

#include <cstdint>

namespace FURL_NAMESPACE {

/// Where a value is the same: in the whole step, in a tensor, in a row, in a column, or only at one element.
///
/// The bits say what the value differs by: 1 by tensor, 2 by row, 4 by column. So domains form a lattice, in which a row joined
/// with a column is an element.
enum class domain : std::uint8_t {
    step = 0,     ///< one value
    tensor = 1,   ///< one value for each tensor
    row = 3,      ///< one value for each row of a tensor
    column = 5,   ///< one value for each column of a tensor
    element = 7,  ///< one value for each parameter
};

/// Returns the domain of what is computed from values of two domains, as NumPy broadcasts.
constexpr domain join(domain a, domain b) {
    return static_cast<domain>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

/// Returns what both domains differ by: the domain of a value of domain a after a reduction that leaves one result for each b.
constexpr domain meet(domain a, domain b) {
    return static_cast<domain>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}

/// Whether a value of domain a differs by nothing that a value of domain b does not differ by.
constexpr bool is_within(domain a, domain b) { return join(a, b) == b; }

namespace detail {

// A line is a row or a column. A list has several values in a tensor: one for each row, column or element.
constexpr bool is_of_lines(domain where) { return where == domain::row || where == domain::column; }
constexpr bool is_list(domain where) { return !is_within(where, domain::tensor); }

}  // namespace detail

static_assert(join(domain::row, domain::column) == domain::element && meet(domain::row, domain::column) == domain::tensor);
static_assert(is_within(domain::tensor, domain::row) && !is_within(domain::row, domain::column));

}  // namespace furl
