#pragma once

#include <cstddef>

namespace furl::tests {

/// A view with strides, as Eigen's Map and Block are: of what its type does not say, -1.
template <bool ByRows, int Rows = -1, int Cols = -1, int Inner = -1, int Outer = -1>
struct eigen_like {
    enum { IsRowMajor = ByRows };
    enum { RowsAtCompileTime = Rows, ColsAtCompileTime = Cols, InnerStrideAtCompileTime = Inner, OuterStrideAtCompileTime = Outer };
    float* first;
    std::ptrdiff_t row_count, column_count, inner, outer;

    float* data() const { return first; }
    std::ptrdiff_t rows() const { return row_count; }
    std::ptrdiff_t cols() const { return column_count; }
    std::ptrdiff_t size() const { return row_count * column_count; }
    std::ptrdiff_t innerStride() const { return inner; }
    std::ptrdiff_t outerStride() const { return outer; }
};

}  // namespace furl::tests
