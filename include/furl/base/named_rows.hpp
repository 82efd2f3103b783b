#pragma once

#include <furl/base/build.hpp>

#include <cstddef>
#include <span>

namespace FURL_NAMESPACE::detail {

/// Some rows of a tensor, by their numbers.
struct named_rows {
    std::size_t tensor;                 ///< the number of the tensor
    std::span<const std::size_t> rows;  ///< the numbers of the rows, each once
    std::size_t length;                 ///< the number of elements of a row

    std::size_t elements() const { return rows.size() * length; }
};

}  // namespace furl::detail
