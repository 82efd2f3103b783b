#pragma once

#include <torch/torch.h>
#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace examples {

/// The memory of a tensor: of floats, on the CPU, each element once and no gaps, in any order of dimensions: transposed and
/// channels_last tensors too. Errors: std::invalid_argument if it is another.
inline std::span<float> values_of(const torch::Tensor& tensor) {
    if (!tensor.defined()) throw std::invalid_argument("a tensor without values, or a parameter without a gradient");
    if (!tensor.device().is_cpu() || tensor.scalar_type() != torch::kFloat || !tensor.is_non_overlapping_and_dense()) {
        throw std::invalid_argument("a tensor that is not dense (a slice, or expanded), or not of floats, on the CPU");
    }
    return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// The same of a tensor that belongs to a parameter, its gradient or an input of the step: its elements must lie in memory as
/// those of the parameter do. Errors: std::invalid_argument if they lie in another order.
inline std::span<float> values_beside(const torch::Tensor& parameter, const torch::Tensor& tensor) {
    const std::span<float> values = values_of(tensor);
    bool same = tensor.sizes() == parameter.sizes();
    for (std::int64_t i = 0; same && i < tensor.dim(); ++i) {  // the stride of a dimension of one element says nothing
        same = tensor.size(i) == 1 || tensor.stride(i) == parameter.stride(i);
    }
    if (!same) {
        throw std::invalid_argument("a gradient or input with other sizes or strides than its parameter: give "
                                    "torch::empty_like(parameter).copy_(tensor)");
    }
    return values;
}

/// Those of a list of tensors, module->parameters() say.
inline std::vector<std::span<float>> values_of(const std::vector<torch::Tensor>& tensors) {
    std::vector<std::span<float>> list;
    for (const torch::Tensor& tensor : tensors) list.push_back(values_of(tensor));
    return list;
}

/// The values of their gradients, after backward(). A parameter without a gradient gets an empty span: the step leaves it out.
inline std::vector<std::span<const float>> gradients_of(const std::vector<torch::Tensor>& tensors) {
    std::vector<std::span<const float>> list;
    for (const torch::Tensor& tensor : tensors) {
        if (tensor.grad().defined()) list.emplace_back(values_beside(tensor, tensor.grad()));
        else list.emplace_back();
    }
    return list;
}

/// A tensor of its own, with a row per column of the matrix.
inline torch::Tensor torch_copy(const Eigen::MatrixXf& matrix) {
    torch::Tensor copy = torch::empty({matrix.cols(), matrix.rows()});
    std::copy_n(matrix.data(), matrix.size(), copy.data_ptr<float>());
    return copy;
}

}  // namespace examples
