#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <span>

namespace examples {

/// Softmax cross-entropy, mean over the batch: -mean log softmax(outputs)[label].
///
/// @param outputs   of the network, before softmax: a row per class, a column per sample.
/// @param labels    the right class of each sample.
/// @param gradient  is set to d loss / d outputs.
template <class T>
double softmax_cross_entropy(const Eigen::MatrixX<T>& outputs, std::span<const std::uint8_t> labels,
                             Eigen::MatrixX<T>& gradient) {
    // Less the largest, which changes nothing but keeps exp in range.
    gradient = outputs.rowwise() - outputs.colwise().maxCoeff();
    double loss = 0;
    for (Eigen::Index j = 0; j < outputs.cols(); ++j) loss -= gradient(labels[static_cast<std::size_t>(j)], j);
    gradient = gradient.array().exp();
    const Eigen::RowVectorX<T> sums = gradient.colwise().sum();
    loss += sums.template cast<double>().array().log().sum();
    gradient.array().rowwise() /= sums.array();
    for (Eigen::Index j = 0; j < outputs.cols(); ++j) gradient(labels[static_cast<std::size_t>(j)], j) -= T(1);
    const auto samples = static_cast<double>(outputs.cols());
    gradient *= static_cast<T>(1.0 / samples);
    return loss / samples;
}

}  // namespace examples
