#pragma once

#include "activation.hpp"
#include "initialization.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace examples {

/// A network of dense layers: a_{l+1} = f(W_l a_l + b_l), where the last layer has no f.
///
/// A batch is a matrix with a column per sample. Every W_l and b_l, and the gradient of each, is one piece of memory.
/// @tparam T  float; double where gradients are checked against finite differences.
template <class T = float>
class dense_network {
  public:
    using matrix = Eigen::MatrixX<T>;
    using batch = Eigen::Ref<const matrix>;

    struct layer {
        matrix weights;  ///< a row per output, a column per input
        Eigen::VectorX<T> bias;
        matrix weights_gradient;
        Eigen::VectorX<T> bias_gradient;
        matrix output;  ///< of the last forward pass
        matrix delta;   ///< d loss / d (W a + b), of the last backward pass
    };

    /// @param sizes  of the layers, from the input to the output: {784, 500, 10}.
    dense_network(const std::vector<std::size_t>& sizes, activation f, initialization how, std::uint64_t seed) : f_(f) {
        random_source random(seed);
        for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
            const auto inputs = static_cast<Eigen::Index>(sizes[l]), outputs = static_cast<Eigen::Index>(sizes[l + 1]);
            layer& added = layers_.emplace_back();
            added.weights.resize(outputs, inputs);
            initialize(how, added.weights, random);
            added.bias.setZero(outputs);
            added.weights_gradient.setZero(outputs, inputs);
            added.bias_gradient.setZero(outputs);
        }
    }

    /// The outputs for a batch, a column per sample.
    const matrix& forward(const batch& inputs) {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            layer& now = layers_[l];
            if (l == 0) now.output.noalias() = now.weights * inputs;
            else now.output.noalias() = now.weights * layers_[l - 1].output;
            now.output.colwise() += now.bias;
            if (l + 1 < layers_.size()) activate(f_, now.output);
        }
        return layers_.back().output;
    }

    /// Gradients of all weights and biases, for the batch of the last forward pass.
    ///
    /// @param outputs_gradient  d loss / d outputs, as the loss gives it.
    void backward(const batch& inputs, const batch& outputs_gradient) {
        layers_.back().delta = outputs_gradient;
        for (std::size_t l = layers_.size(); l-- > 0;) {
            layer& now = layers_[l];
            now.bias_gradient = now.delta.rowwise().sum();
            if (l == 0) {
                now.weights_gradient.noalias() = now.delta * inputs.transpose();
            } else {
                layer& below = layers_[l - 1];
                now.weights_gradient.noalias() = now.delta * below.output.transpose();
                below.delta.noalias() = now.weights.transpose() * now.delta;
                multiply_derivative(f_, below.output, below.delta);
            }
        }
    }

    /// W_0, b_0, W_1, b_1, ...: views, which live as long as the network.
    std::vector<std::span<T>> parameters() {
        std::vector<std::span<T>> list;
        for (layer& l : layers_) list.insert(list.end(), {whole(l.weights), whole(l.bias)});
        return list;
    }

    /// Their gradients, in the same order.
    std::vector<std::span<const T>> gradients() const {
        std::vector<std::span<const T>> list;
        for (const layer& l : layers_) list.insert(list.end(), {whole(l.weights_gradient), whole(l.bias_gradient)});
        return list;
    }

    const std::vector<layer>& layers() const { return layers_; }

  private:
    static auto whole(auto& values) { return std::span(values.data(), static_cast<std::size_t>(values.size())); }

    activation f_;
    std::vector<layer> layers_;
};

}  // namespace examples
