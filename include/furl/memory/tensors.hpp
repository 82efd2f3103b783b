#pragma once

#include <furl/base/shape.hpp>
#include <furl/memory/matrix_layout.hpp>

#include <algorithm>  // declares the concepts of ranges too, without the views of <ranges>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

/// This folder holds the memory of a step: the tensors that a caller gives, one or a list, of anything contiguous, and the
/// buffers that an optimizer owns.
namespace FURL_NAMESPACE {

/// A container that owns elements in one piece although its iterators do not say so, such as those of older Boost.
template <class X>
concept DataOwner = std::ranges::random_access_range<X> && requires(X& x) {
    typename std::remove_cv_t<X>::allocator_type;
    { *x.data() } -> std::same_as<std::ranges::range_reference_t<X>>;
    { x.size() } -> std::convertible_to<std::size_t>;
};

namespace detail {

// Returns where the elements of a tensor begin. A step checks that those of a matrix with strides are contiguous.
template <class X>
    requires(StridedMatrix<X> || PieceOfMemory<X> || std::ranges::contiguous_range<X> || DataOwner<X>)
constexpr auto data_of(X& x) {
    if constexpr (StridedMatrix<X>) return x.data();
    else if constexpr (PieceOfMemory<X>) return x.memptr();
    else if constexpr (std::ranges::contiguous_range<X>) return std::ranges::data(x);
    else return x.data();
}

template <class X>
constexpr std::size_t size_of(X& x) {
    if constexpr (StridedMatrix<X>) return static_cast<std::size_t>(x.rows() * x.cols());
    else if constexpr (PieceOfMemory<X>) return static_cast<std::size_t>(x.n_elem);
    else return static_cast<std::size_t>(std::ranges::size(x));
}

}  // namespace detail

/// Data whose type shows that it is in one piece, or lets a step check that: a vector, a span, an array, an Eigen or Armadillo
/// matrix. A pointer and a size alone do not show it: a row of a matrix has them too.
template <class X>
concept Tensor = requires(X& x) {
    { *detail::data_of(x) } -> std::convertible_to<double>;
    detail::size_of(x);
};

/// A range of tensors.
template <class X>
concept TensorList = std::ranges::input_range<X> && Tensor<std::ranges::range_value_t<X>> && !Tensor<X>;

namespace detail {

template <class X>
using tensor_element = std::remove_reference_t<decltype(*data_of(std::declval<X&>()))>;

template <class X>
struct element_of {
    using type = void;
};
template <Tensor X>
struct element_of<X> {
    using type = tensor_element<X>;
};
template <TensorList X>
struct element_of<X> {
    using type = tensor_element<std::remove_reference_t<std::ranges::range_reference_t<X>>>;
};

/// Calls visit(index, data, size) for each tensor, and returns the number of tensors.
template <class X, class Visit>
std::size_t for_each_tensor(X& x, Visit visit) {
    if constexpr (Tensor<X>) {
        visit(std::size_t{0}, data_of(x), size_of(x));
        return 1;
    } else {
        std::size_t i = 0;
        for (auto&& tensor : x) {
            visit(i, data_of(tensor), size_of(tensor));
            ++i;
        }
        return i;
    }
}

/// Makes a list of the tensors of X, as spans.
template <class X, class E>
void list_tensors(X& x, std::vector<std::span<E>>& list) {
    list.clear();
    for_each_tensor(x, [&](std::size_t, auto* p, std::size_t n) { list.emplace_back(p, n); });
}

/// A size or a shape.
template <class X>
concept Extent = std::integral<X> || std::same_as<X, furl::shape>;

/// A list of sizes or shapes.
template <class X>
concept ExtentList = std::ranges::input_range<X> && Extent<std::ranges::range_value_t<X>>;

/// Returns the shape of a size, which is one row.
template <Extent X>
constexpr furl::shape as_shape(const X& x) {
    if constexpr (std::integral<X>) return {1, static_cast<std::size_t>(x)};
    else return x;
}

/// Returns the shape of a tensor: its own if it is a matrix that lies row by row, otherwise one row.
template <Tensor X>
furl::shape shape_of(X& x) {
    if constexpr (HasLayout<X>)
        if (const auto layout = layout_of(x); layout.by_rows && layout.is_contiguous())
            return {static_cast<std::size_t>(layout.rows), static_cast<std::size_t>(layout.columns)};
    return {1, size_of(x)};
}

/// Returns shapes from a size, a shape, a tensor, or a list of these.
template <class X>
std::vector<furl::shape> list_of_shapes(const X& x) {
    std::vector<furl::shape> list;
    if constexpr (Extent<X>) {
        list.push_back(as_shape(x));
    } else if constexpr (ExtentList<X>) {
        for (const auto& one : x) list.push_back(as_shape(one));
    } else if constexpr (Tensor<const X>) {
        list.push_back(shape_of(x));
    } else {
        static_assert(TensorList<const X>, "sizes are integers or shapes, or tensors that have them");
        for (auto&& tensor : x) list.push_back(shape_of(tensor));
    }
    return list;
}

/// Whether any of these tensors is a matrix that lies column by column: its rows are not those of a furl::shape.
template <class X>
bool lies_by_columns(const X& x) {
    const auto is_by_columns = []<class M>(M& m) {
        if constexpr (HasLayout<M>) {
            const auto layout = layout_of(m);
            return !layout.by_rows && layout.rows > 1 && layout.columns > 1;
        } else return false;
    };
    if constexpr (Tensor<const X>) return is_by_columns(x);
    else if constexpr (TensorList<const X>) return std::ranges::any_of(x, [&](auto&& m) { return is_by_columns(m); });
    else return false;
}

/// A piece of memory that a step touches.
struct interval {
    const std::byte* begin;
    const std::byte* end;
    std::size_t tensor;
    std::size_t stream;
    bool written;

    template <class T>
    static interval of(const T* p, std::size_t n, std::size_t tensor, std::size_t stream, bool written) {
        const auto* bytes = reinterpret_cast<const std::byte*>(p);
        return {bytes, bytes + n * sizeof(T), tensor, stream, written};
    }
};

/// Two intervals that share memory, one of which is written; null pointers if there are none.
struct overlap {
    const interval* first = nullptr;
    const interval* second = nullptr;
};

/// Finds the first overlap. Sorts the list.
inline overlap find_overlap(std::vector<interval>& list) {
    std::sort(list.begin(), list.end(), [](const interval& a, const interval& b) { return a.begin < b.begin; });
    const interval* widest = nullptr;          // the one of all before that ends last
    const interval* widest_written = nullptr;  // the written one of all before that ends last
    for (const auto& now : list) {
        if (now.begin == now.end) continue;
        if (now.written && widest && now.begin < widest->end) return {widest, &now};
        if (widest_written && now.begin < widest_written->end) return {widest_written, &now};
        if (!widest || now.end > widest->end) widest = &now;
        if (now.written && (!widest_written || now.end > widest_written->end)) widest_written = &now;
    }
    return {};
}

}  // namespace detail

}  // namespace furl
