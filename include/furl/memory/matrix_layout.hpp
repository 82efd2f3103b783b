#pragma once

#include <furl/base/build.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

namespace FURL_NAMESPACE {

/// A matrix or vector that says how it lies in memory, as those of Eigen do: plain ones, maps, rows, blocks.
template <class X>
concept StridedMatrix = requires(const X& x) {
    x.data();
    { x.rows() } -> std::convertible_to<std::ptrdiff_t>;
    { x.cols() } -> std::convertible_to<std::ptrdiff_t>;
    { x.innerStride() } -> std::convertible_to<std::ptrdiff_t>;
    { x.outerStride() } -> std::convertible_to<std::ptrdiff_t>;
    { X::IsRowMajor } -> std::convertible_to<bool>;
};

/// A matrix or vector in one piece, as those of Armadillo are. Armadillo's rows and blocks have no memptr().
template <class X>
concept PieceOfMemory = requires(X& x) {
    x.memptr();
    { x.n_elem } -> std::convertible_to<std::size_t>;
};

namespace detail {

/// How a matrix lies in memory.
struct matrix_layout {
    std::ptrdiff_t rows, columns;
    std::ptrdiff_t inner, outer;  // from an element to the next one of its row (or column), and from row to row
    bool by_rows;

    constexpr bool is_contiguous() const {
        const auto length = by_rows ? columns : rows, count = by_rows ? rows : columns;
        return length == 0 || count == 0 || ((length == 1 || inner == 1) && (count == 1 || outer == length));
    }

    // A row or a column has no order that could differ, and neither has a matrix that is given as a vector.
    constexpr bool matches(const matrix_layout& other) const {
        const auto is_vector = [](const matrix_layout& x) { return x.rows <= 1 || x.columns <= 1; };
        return is_vector(*this) || is_vector(other) ||
               (rows == other.rows && columns == other.columns && by_rows == other.by_rows);
    }

    std::string text() const {
        return std::to_string(rows) + " x " + std::to_string(columns) + (by_rows ? " row by row" : " column by column");
    }
};

template <class X>
concept HasLayout = StridedMatrix<X> || std::same_as<std::remove_const_t<X>, matrix_layout> || (PieceOfMemory<X> && requires(X& x) { x.n_rows; });

template <HasLayout X>
constexpr matrix_layout layout_of(X& x) {
    if constexpr (StridedMatrix<X>) {
        return {x.rows(), x.cols(), x.innerStride(), x.outerStride(), static_cast<bool>(X::IsRowMajor)};
    } else if constexpr (PieceOfMemory<X>) {
        const auto height = static_cast<std::ptrdiff_t>(x.n_rows), elements = static_cast<std::ptrdiff_t>(x.n_elem);
        return {height, height == 0 ? 0 : elements / height, 1, height, false};
    } else {
        return x;
    }
}

/// Whether the type of a matrix says that its elements do not lie side by side. Eigen writes -1 for a number that the type does
/// not fix.
template <class X>
inline constexpr bool has_known_gaps = false;
template <StridedMatrix X>
    requires requires { X::InnerStrideAtCompileTime, X::OuterStrideAtCompileTime, X::RowsAtCompileTime, X::ColsAtCompileTime; }
inline constexpr bool has_known_gaps<X> = [] {
    const std::ptrdiff_t inner = X::InnerStrideAtCompileTime, outer = X::OuterStrideAtCompileTime;
    const std::ptrdiff_t length = X::IsRowMajor ? X::ColsAtCompileTime : X::RowsAtCompileTime;
    const std::ptrdiff_t count = X::IsRowMajor ? X::RowsAtCompileTime : X::ColsAtCompileTime;
    return (inner > 1 && length != 1) || (outer > 0 && length > 0 && count != 1 && outer != length);
}();

/// The storage order of a matrix type that is no vector.
enum class storage_order { unknown, by_rows, by_columns };

template <class X>
inline constexpr storage_order order_of = storage_order::unknown;
template <StridedMatrix X>
    requires requires { X::RowsAtCompileTime, X::ColsAtCompileTime; }
inline constexpr storage_order order_of<X> =
    X::RowsAtCompileTime == 1 || X::ColsAtCompileTime == 1 ? storage_order::unknown
    : X::IsRowMajor                                        ? storage_order::by_rows
                                                           : storage_order::by_columns;

}  // namespace detail

}  // namespace furl
