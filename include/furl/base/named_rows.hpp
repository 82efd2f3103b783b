#pragma once

#include <furl/base/build.hpp>

#include <algorithm>
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

/// Finds the rows of a tensor in a list in the order of the tensors; null if the list has none of it.
inline const named_rows* find_rows(std::span<const named_rows> list, std::size_t tensor) {
    const auto found = std::lower_bound(list.begin(), list.end(), tensor, [](const named_rows& named, std::size_t i) { return named.tensor < i; });
    return found != list.end() && found->tensor == tensor ? &*found : nullptr;
}

}  // namespace furl::detail
