#pragma once

#include "dense_network.hpp"
#include "losses.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace examples {

/// How well a network does on samples that it has not learned from.
struct score {
    double loss;      ///< mean softmax cross-entropy
    double accuracy;  ///< share of samples whose largest output is the right one, 0 to 1
};

template <class T>
score evaluate(dense_network<T>& network, const Eigen::MatrixX<T>& inputs, std::span<const std::uint8_t> labels) {
    constexpr Eigen::Index at_once = 1000;  // outputs of that many samples fit the cache
    double loss = 0, right = 0;
    Eigen::MatrixX<T> unused;
    for (Eigen::Index first = 0; first < inputs.cols(); first += at_once) {
        const Eigen::Index count = std::min(at_once, inputs.cols() - first);
        const auto& outputs = network.forward(inputs.middleCols(first, count));
        const auto wanted = labels.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
        loss += static_cast<double>(count) * softmax_cross_entropy(outputs, wanted, unused);
        for (Eigen::Index j = 0; j < count; ++j) {
            Eigen::Index best = 0;
            outputs.col(j).maxCoeff(&best);
            right += best == wanted[static_cast<std::size_t>(j)] ? 1 : 0;
        }
    }
    const auto samples = static_cast<double>(inputs.cols());
    return {loss / samples, right / samples};
}

}  // namespace examples
