#pragma once

#include "dense_network.hpp"
#include "losses.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace examples {

/// How well a network does on samples that it has not learned from.
struct score {
    double loss;                          ///< mean over the samples
    double accuracy;                      ///< share of samples whose largest output is the right one, 0 to 1
    std::vector<std::uint8_t> predicted;  ///< the largest output of each sample
};

template <class T>
score evaluate(dense_network<T>& network, const Eigen::MatrixX<T>& inputs, std::span<const std::uint8_t> labels,
               classification_loss kind = classification_loss::cross_entropy) {
    constexpr Eigen::Index at_once = 1000;  // outputs of that many samples fit the cache
    score total{0, 0, {}};
    Eigen::MatrixX<T> unused;
    for (Eigen::Index first = 0; first < inputs.cols(); first += at_once) {
        const Eigen::Index count = std::min(at_once, inputs.cols() - first);
        const auto& outputs = network.forward(inputs.middleCols(first, count));
        const auto wanted = labels.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
        total.loss += static_cast<double>(count) * loss_of(kind, outputs, wanted, unused);
        for (Eigen::Index j = 0; j < count; ++j) {
            Eigen::Index best = 0;
            outputs.col(j).maxCoeff(&best);
            total.predicted.push_back(static_cast<std::uint8_t>(best));
            total.accuracy += best == wanted[static_cast<std::size_t>(j)] ? 1 : 0;
        }
    }
    const auto samples = static_cast<double>(inputs.cols());
    total.loss /= samples;
    total.accuracy /= samples;
    return total;
}

/// How often a class (the row) was taken for a class (the column).
inline Eigen::MatrixXi confusion(std::span<const std::uint8_t> labels, std::span<const std::uint8_t> predicted,
                                 Eigen::Index classes) {
    Eigen::MatrixXi counts = Eigen::MatrixXi::Zero(classes, classes);
    for (std::size_t i = 0; i < labels.size(); ++i) ++counts(labels[i], predicted[i]);
    return counts;
}

}  // namespace examples
