#pragma once

#include <torch/torch.h>
#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

namespace examples {

/// The memory of a tensor: of floats, on the CPU, in one piece. Errors: std::invalid_argument if it is another.
inline std::span<float> values_of(const torch::Tensor& tensor) {
    if (!tensor.defined()) throw std::invalid_argument("a tensor without values, or a parameter without a gradient");
    if (!tensor.device().is_cpu() || tensor.scalar_type() != torch::kFloat || !tensor.is_contiguous()) {
        throw std::invalid_argument("a tensor that is not contiguous, of floats, on the CPU");
    }
    return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// Those of a list of tensors, module->parameters() say.
inline std::vector<std::span<float>> values_of(const std::vector<torch::Tensor>& tensors) {
    std::vector<std::span<float>> list;
    for (const torch::Tensor& tensor : tensors) list.push_back(values_of(tensor));
    return list;
}

/// Those of their gradients, after backward().
inline std::vector<std::span<const float>> gradients_of(const std::vector<torch::Tensor>& tensors) {
    std::vector<std::span<const float>> list;
    for (const torch::Tensor& tensor : tensors) list.emplace_back(values_of(tensor.grad()));
    return list;
}

/// A tensor of its own, with a row per column of the matrix.
inline torch::Tensor torch_copy(const Eigen::MatrixXf& matrix) {
    torch::Tensor copy = torch::empty({matrix.cols(), matrix.rows()});
    std::copy_n(matrix.data(), matrix.size(), copy.data_ptr<float>());
    return copy;
}

}  // namespace examples
