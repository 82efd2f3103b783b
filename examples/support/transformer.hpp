#pragma once

#include "attention.hpp"
#include "layers.hpp"
#include "random_source.hpp"

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace examples {

/// The sizes of a transformer.
struct transformer_size {
    std::size_t symbols, context = 64, width = 64, heads = 4, layers = 2;
};

/// A weight matrix of a hidden layer. It lies column by column, as Eigen's do.
struct hidden_matrix {
    std::size_t number;  ///< its place among all parameters
    std::size_t outputs, inputs;
};

/// A transformer that predicts the next symbol: GPT-2's, with layer norms before, GELU, and the embedding as its head.
///
/// A batch of B sequences of T = context symbols is a matrix with a column per symbol, sequence after sequence.
/// @tparam T  float; double where gradients are checked against finite differences.
template <class T = float>
class transformer {
  public:
    using matrix = Eigen::MatrixX<T>;

    transformer(const transformer_size& size, std::uint64_t seed) : size_(size) {
        random_source random(seed);
        const auto width = static_cast<Eigen::Index>(size.width);
        const double deviation = 0.02 * std::sqrt(768.0 / static_cast<double>(size.width));  // GPT-2's is for 768
        const double into_sum = deviation / std::sqrt(2.0 * static_cast<double>(size.layers));
        symbols_.resize(width, static_cast<Eigen::Index>(size.symbols), deviation, random);
        positions_.resize(width, static_cast<Eigen::Index>(size.context), deviation, random);
        for (std::size_t l = 0; l < size.layers; ++l) {
            block& b = blocks_.emplace_back();
            b.before_attention.resize(width);
            b.queries_keys_values.resize(width, 3 * width, deviation, random);
            b.from_attention.resize(width, width, into_sum, random);
            b.before_wide.resize(width);
            b.to_wide.resize(width, 4 * width, deviation, random);
            b.from_wide.resize(4 * width, width, into_sum, random);
        }
        last_norm_.resize(width);
    }

    /// What each symbol of a batch says of the one after it: a row per symbol there is, a column per symbol of the
    /// batch.
    ///
    /// @param input  B sequences of T symbols; or one that is shorter.
    const matrix& forward(std::span<const std::uint8_t> input) {
        length_ = std::min(size_.context, input.size());
        x_.resize(static_cast<Eigen::Index>(size_.width), static_cast<Eigen::Index>(input.size()));
        for (std::size_t i = 0; i < input.size(); ++i) {
            x_.col(static_cast<Eigen::Index>(i)) =
                symbols_.value.col(input[i]) + positions_.value.col(static_cast<Eigen::Index>(i % length_));
        }
        for (block& b : blocks_) {
            const matrix& mixed = b.attention.forward(b.queries_keys_values.forward(b.before_attention.forward(x_)),
                                                      size_.heads, length_);
            x_ += b.from_attention.forward(mixed);
            x_ += b.from_wide.forward(b.gelu.forward(b.to_wide.forward(b.before_wide.forward(x_))));
        }
        outputs_.noalias() = symbols_.value.transpose() * last_norm_.forward(x_);
        return outputs_;
    }

    /// Gradients of all parameters, for the batch of the last forward pass.
    void backward(std::span<const std::uint8_t> input, const matrix& outputs_gradient) {
        symbols_.gradient.noalias() = last_norm_.output() * outputs_gradient.transpose();
        matrix dx = last_norm_.backward(symbols_.value * outputs_gradient);
        for (std::size_t l = blocks_.size(); l-- > 0;) {
            block& b = blocks_[l];
            dx += b.before_wide.backward(b.to_wide.backward(b.gelu.backward(b.from_wide.backward(dx))));
            dx += b.before_attention.backward(
                b.queries_keys_values.backward(b.attention.backward(b.from_attention.backward(dx))));
        }
        positions_.gradient.setZero();
        for (std::size_t i = 0; i < input.size(); ++i) {
            symbols_.gradient.col(input[i]) += dx.col(static_cast<Eigen::Index>(i));
            positions_.gradient.col(static_cast<Eigen::Index>(i % length_)) += dx.col(static_cast<Eigen::Index>(i));
        }
    }

    /// All parameters, and their gradients in the same order: views, which live as long as the transformer.
    std::vector<std::span<T>> parameters() {
        std::vector<std::span<T>> list;
        visit(*this, [&](auto& p) { list.emplace_back(p.value.data(), static_cast<std::size_t>(p.value.size())); });
        return list;
    }
    std::vector<std::span<const T>> gradients() const {
        std::vector<std::span<const T>> list;
        visit(*this,
              [&](auto& p) { list.emplace_back(p.gradient.data(), static_cast<std::size_t>(p.gradient.size())); });
        return list;
    }

    /// The weight matrices of the hidden layers: all but embeddings, norms and biases.
    std::vector<hidden_matrix> hidden_matrices() const {
        std::vector<hidden_matrix> list;
        std::size_t number = 0;
        visit(*this, [&](const auto& p) {
            if (&p != &symbols_ && &p != &positions_ && p.value.cols() > 1)
                list.push_back({number, static_cast<std::size_t>(p.value.rows()), static_cast<std::size_t>(p.value.cols())});
            ++number;
        });
        return list;
    }

    const transformer_size& size() const { return size_; }

  private:
    struct block {
        layer_norm<T> before_attention, before_wide;
        affine<T> queries_keys_values, from_attention, to_wide, from_wide;
        causal_attention<T> attention;
        gelu_layer<T> gelu;
    };

    template <class Self, class F>
    static void visit(Self& self, F f) {
        f(self.symbols_), f(self.positions_);
        for (auto& b : self.blocks_) {
            for (auto* norm : {&b.before_attention, &b.before_wide}) f(norm->gain), f(norm->bias);
            for (auto* map : {&b.queries_keys_values, &b.from_attention, &b.to_wide, &b.from_wide}) {
                f(map->weights), f(map->bias);
            }
        }
        f(self.last_norm_.gain), f(self.last_norm_.bias);
    }

    transformer_size size_;
    parameter<T> symbols_, positions_;  ///< a column each
    std::vector<block> blocks_;
    layer_norm<T> last_norm_;
    std::size_t length_ = 0;  ///< of the sequences of the last batch
    matrix x_, outputs_;
};

}  // namespace examples
