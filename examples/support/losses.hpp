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

/// Mean squared error, over samples and outputs: mean (outputs - targets)^2, as PyTorch's MSELoss.
///
/// @param outputs   of the network, a column per sample.
/// @param targets   what they should be, of the same size.
/// @param gradient  is set to d loss / d outputs.
template <class T>
double mean_squared_error(const Eigen::MatrixX<T>& outputs, const Eigen::Ref<const Eigen::MatrixX<T>>& targets,
                          Eigen::MatrixX<T>& gradient) {
    gradient = outputs - targets;
    const auto count = static_cast<double>(outputs.size());
    const double loss = static_cast<double>(gradient.squaredNorm()) / count;
    gradient *= static_cast<T>(2.0 / count);
    return loss;
}

enum class classification_loss { cross_entropy, mse };

/// The loss of a classifier by its name; mse is that of the outputs against 1 for the right class and 0 for the others.
template <class T>
double loss_of(classification_loss kind, const Eigen::MatrixX<T>& outputs, std::span<const std::uint8_t> labels,
               Eigen::MatrixX<T>& gradient) {
    if (kind == classification_loss::cross_entropy) return softmax_cross_entropy(outputs, labels, gradient);
    Eigen::MatrixX<T> targets = Eigen::MatrixX<T>::Zero(outputs.rows(), outputs.cols());
    for (Eigen::Index j = 0; j < targets.cols(); ++j) targets(labels[static_cast<std::size_t>(j)], j) = T(1);
    return mean_squared_error<T>(outputs, targets, gradient);
}

}  // namespace examples
