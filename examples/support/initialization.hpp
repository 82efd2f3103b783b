#pragma once

#include "random_source.hpp"

#include <Eigen/Core>

#include <cmath>

namespace examples {

enum class initialization {
    he,      ///< normal, variance 2 / inputs (He et al. 2015): for ReLU
    xavier,  ///< uniform, variance 2 / (inputs + outputs) (Glorot & Bengio 2010): for sigmoid and tanh
};

/// Random weights of a layer: `weights` has a row per output and a column per input.
template <class T>
void initialize(initialization how, Eigen::MatrixX<T>& weights, random_source& random) {
    const auto inputs = static_cast<double>(weights.cols()), outputs = static_cast<double>(weights.rows());
    const double deviation = std::sqrt(2.0 / inputs), bound = std::sqrt(6.0 / (inputs + outputs));
    for (T& w : weights.reshaped()) {
        w = static_cast<T>(how == initialization::he ? deviation * random.normal() : random.uniform(-bound, bound));
    }
}

}  // namespace examples
