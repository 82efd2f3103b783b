#pragma once

#include "random_source.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>

namespace examples {

inline constexpr Eigen::Index inputs = 4, outputs = 3, samples = 64;
inline constexpr std::size_t weights = outputs * inputs;
using columns = Eigen::MatrixXf;

/// y = W x + b with W(i, j) = i - j and b(i) = i / 2, and no noise.
struct regression {
    columns x = columns(inputs, samples), y;

    explicit regression(std::uint64_t seed) {
        random_source random(seed);
        for (float& value : x.reshaped()) value = static_cast<float>(random.normal());
        const columns w =
            columns::NullaryExpr(outputs, inputs, [](auto i, auto j) { return static_cast<float>(i - j); });
        y = (w * x).colwise() + Eigen::VectorXf::LinSpaced(outputs, 0, 0.5F * (outputs - 1));
    }

    /// The mean squared error, and its gradient, of W by columns and b.
    float loss(const float* w, const float* b, float* grad_w, float* grad_b) const {
        const columns error = (Eigen::Map<const columns>(w, outputs, inputs) * x).colwise() +
                              Eigen::Map<const Eigen::VectorXf>(b, outputs) - y;
        const columns slope = error * (2.0F / static_cast<float>(error.size()));
        Eigen::Map<columns>(grad_w, outputs, inputs) = slope * x.transpose();
        Eigen::Map<Eigen::VectorXf>(grad_b, outputs) = slope.rowwise().sum();
        return error.squaredNorm() / static_cast<float>(error.size());
    }
};

}  // namespace examples
