#pragma once

#include "random_source.hpp"

#include <Eigen/Core>

#include <cmath>

namespace examples {

enum class initialization {
    zero,     ///< for a single layer
    uniform,  ///< uniform in (-1, 1) / sqrt(inputs): PyTorch's linear layer, and the habit before Glorot
    normal,   ///< normal, variance 2 / (inputs + 1)
    he,       ///< normal, variance 2 / inputs (He et al. 2015): for ReLU
    xavier,   ///< uniform, variance 2 / (inputs + outputs) (Glorot & Bengio 2010): for sigmoid and tanh
};

/// Random weights of a layer: `weights` has a row per output and a column per input.
template <class T>
void initialize(initialization how, Eigen::MatrixX<T>& weights, random_source& random) {
    const auto inputs = static_cast<double>(weights.cols()), outputs = static_cast<double>(weights.rows());
    const auto normal = [&](double variance) { return std::sqrt(variance) * random.normal(); };
    const auto uniform = [&](double bound) { return random.uniform(-bound, bound); };
    const auto draw = [&] {
        switch (how) {
            case initialization::zero: break;
            case initialization::uniform: return uniform(1 / std::sqrt(inputs));
            case initialization::normal: return normal(2 / (inputs + 1));
            case initialization::he: return normal(2 / inputs);
            case initialization::xavier: return uniform(std::sqrt(6 / (inputs + outputs)));
        }
        return 0.0;
    };
    for (T& w : weights.reshaped()) w = static_cast<T>(draw());
}

}  // namespace examples
