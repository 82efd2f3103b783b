#pragma once

#include <furl/base/error.hpp>
#include <furl/base/shape.hpp>

#include <torch/types.h>

#include <cstddef>
#include <sstream>
#include <string>

// These functions check that a step can take a tensor of libtorch. An unfit tensor is refused before anything is written.
namespace FURL_NAMESPACE::detail {

/// The place of a parameter: its group, and its index in the group.
struct torch_place {
    std::size_t group = 0, index = 0;

    std::string text() const { return "parameter " + std::to_string(index) + " of group " + std::to_string(group); }
};

template <class X>
std::string streamed(const X& x) {
    std::ostringstream out;
    out << x;
    return out.str();
}

/// Returns whether two tensors of equal sizes have their elements in the same order in memory.
inline bool have_same_order(const at::Tensor& x, const at::Tensor& y) {
    if (x.strides() == y.strides()) return true;
    for (std::int64_t d = 0; d < x.dim(); ++d)
        if (x.size(d) > 1 && x.stride(d) != y.stride(d)) return false;
    return true;
}

/// Returns whether the slices along the first dimension follow each other in memory, so that they are rows.
inline bool lies_by_slices(const at::Tensor& x) {
    return x.dim() == 0 || x.numel() == 0 || x.size(0) == 1 || x.stride(0) == x.numel() / x.size(0);
}

/// The shape of a parameter: a matrix has its rows; a tensor of more dimensions has a row for each slice along the first one,
/// as a convolution has a filter for each output; a vector is one row.
inline furl::shape shape_of_torch(const at::Tensor& x) {
    if (x.dim() < 2) return {1, static_cast<std::size_t>(x.numel())};
    std::int64_t columns = 1;
    for (std::int64_t d = 1; d < x.dim(); ++d) columns *= x.size(d);
    return {static_cast<std::size_t>(x.size(0)), static_cast<std::size_t>(columns)};
}

/// Refuses a parameter that a step cannot update in place.
///
/// @param by_rows  whether the rule has values of rows, columns or matrices.
inline void require_parameter(const at::Tensor& x, torch_place place, bool by_rows) {
    const auto refuse_it = [&](const std::string& why) { refuse("furl: " + place.text() + " " + why); };
    if (!x.defined()) return refuse_it("is undefined");
    if (!x.device().is_cpu())
        return refuse_it("is on " + x.device().str() + "; furl steps tensors in the memory of the CPU: model->to(torch::kCPU)");
    if (x.layout() != at::kStrided) return refuse_it("has the layout " + streamed(x.layout()) + "; furl steps dense parameters");
    const auto type = x.scalar_type();
    if (type != at::kFloat && type != at::kDouble && type != at::kBFloat16 && type != at::kHalf)
        return refuse_it(std::string("has elements of type ") + c10::toString(type) + "; furl steps Float, Double, BFloat16 and Half");
    const auto layout = "sizes " + streamed(x.sizes()) + ", strides " + streamed(x.strides());
    if (!x.is_non_overlapping_and_dense())
        return refuse_it("has gaps in memory, or elements that share memory: " + layout + "; make it contiguous()");
    if (by_rows && !lies_by_slices(x))
        return refuse_it("does not lie row by row in memory: " + layout + "; the rule has rows or columns, so make it contiguous()");
}

/// Refuses a gradient that does not fit its parameter.
inline void require_gradient(const at::Tensor& gradient, const at::Tensor& parameter, torch_place place) {
    const auto refuse_it = [&](const std::string& why) { refuse("furl: the gradient of " + place.text() + " " + why); };
    if (!gradient.device().is_cpu()) return refuse_it("is on " + gradient.device().str() + ", and the parameter is on cpu");
    if (gradient.scalar_type() != parameter.scalar_type())
        return refuse_it(std::string("has elements of type ") + c10::toString(gradient.scalar_type()) + ", expected " +
                         c10::toString(parameter.scalar_type()) + " as the parameter");
    if (gradient.sizes() != parameter.sizes())
        return refuse_it("has sizes " + streamed(gradient.sizes()) + ", expected " + streamed(parameter.sizes()) + " as the parameter");
    if (gradient.layout() == at::kStrided) return;
    if (gradient.layout() != at::kSparse)
        return refuse_it("has the layout " + streamed(gradient.layout()) + "; furl takes dense ones and sparse ones (COO)");
    if (gradient.sparse_dim() != 1)
        return refuse_it("is sparse in " + std::to_string(gradient.sparse_dim()) +
                         " dimensions; furl takes gradients that are sparse in the first one, as those of an embedding");
    if (!parameter.is_contiguous()) return refuse_it("is sparse, and the parameter is not contiguous; make the parameter contiguous()");
}

/// Returns a dense gradient whose elements have the order of the parameter's in memory: itself, or a copy.
inline at::Tensor in_order_of(const at::Tensor& parameter, const at::Tensor& gradient) {
    if (have_same_order(gradient, parameter) && !gradient.is_neg()) return gradient;
    return at::empty_strided(parameter.sizes(), parameter.strides(), gradient.options()).copy_(gradient);
}

/// Returns a sparse gradient with each row once, in order. Refuses rows that the parameter does not have.
inline at::Tensor united_rows(const at::Tensor& parameter, const at::Tensor& gradient, torch_place place) {
    auto united = gradient.coalesce();
    const auto rows = united._indices();
    if (const auto n = rows.size(1); n > 0) {
        const auto first = rows[0][0].item<std::int64_t>(), last = rows[0][n - 1].item<std::int64_t>();
        if (first < 0 || last >= parameter.size(0))
            refuse("furl: the gradient of " + place.text() + " names row " + std::to_string(first < 0 ? first : last) +
                   "; the parameter has " + std::to_string(parameter.size(0)));
    }
    return united;
}

}  // namespace furl::detail
