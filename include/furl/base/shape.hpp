#pragma once

#include <furl/base/build.hpp>

#include <cstddef>

namespace FURL_NAMESPACE {

/// The shape of a tensor, row by row in memory: `furl::optimizer<my_rule> opt(furl::shape{500, 784})`. A size alone is one row.
struct shape {
    std::size_t rows = 0;     ///< the number of rows
    std::size_t columns = 0;  ///< the number of columns: the elements of a row

    /// The number of elements.
    constexpr std::size_t size() const { return rows * columns; }
    /// Two shapes are equal if they have the same number of rows and the same number of columns.
    constexpr bool operator==(const shape&) const = default;
};

}  // namespace furl
