#pragma once

#include <furl/base/build.hpp>

#include <cstdint>

namespace FURL_NAMESPACE {

/// Which numbers share a value: all of a step, those of a tensor, of a row or of a column, or none.
///
/// The bits say what the value differs by: 1 by tensor, 2 by row, 4 by column. So domains are a lattice, in which a row and a column
/// join to an element.
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

/// Returns the domain that is left of a value of domain a if it is reduced over all but what b differs by.
constexpr domain meet(domain a, domain b) {
    return static_cast<domain>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}

/// Whether all numbers that share a value of domain b share one of domain a.
constexpr bool is_within(domain a, domain b) { return join(a, b) == b; }

namespace detail {

// Whether values are of rows or of columns, and whether a tensor has several.
constexpr bool is_of_lines(domain where) { return where == domain::row || where == domain::column; }
constexpr bool is_list(domain where) { return !is_within(where, domain::tensor); }

}  // namespace detail

static_assert(join(domain::row, domain::column) == domain::element && meet(domain::row, domain::column) == domain::tensor);
static_assert(is_within(domain::tensor, domain::row) && !is_within(domain::row, domain::column));

}  // namespace furl
