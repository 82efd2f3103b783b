#pragma once

#include "random_source.hpp"

#include <Eigen/Core>

#include <cmath>

// Layers of a transformer. Each keeps of its forward pass what its backward pass needs: one batch at a time, a column
// per symbol. backward(d loss / d output) sets the gradients of the parameters and returns d loss / d input.
namespace examples {

template <class T>
struct parameter {
    Eigen::MatrixX<T> value, gradient;

    void resize(Eigen::Index rows, Eigen::Index columns, double deviation, random_source& random) {
        value.resize(rows, columns);
        for (T& v : value.reshaped()) v = static_cast<T>(deviation * random.normal());
        gradient.setZero(rows, columns);
    }
    void resize(Eigen::Index rows, T all) {
        value.setConstant(rows, 1, all);
        gradient.setZero(rows, 1);
    }
};

/// y = W x + b
template <class T>
class affine {
  public:
    using matrix = Eigen::MatrixX<T>;
    parameter<T> weights, bias;

    void resize(Eigen::Index inputs, Eigen::Index outputs, double deviation, random_source& random) {
        weights.resize(outputs, inputs, deviation, random);
        bias.resize(outputs, T(0));
    }

    const matrix& forward(const matrix& x) {
        x_ = x;
        y_.noalias() = weights.value * x;
        y_.colwise() += bias.value.col(0);
        return y_;
    }

    const matrix& backward(const matrix& dy) {
        weights.gradient.noalias() = dy * x_.transpose();
        bias.gradient = dy.rowwise().sum();
        dx_.noalias() = weights.value.transpose() * dy;
        return dx_;
    }

  private:
    matrix x_, y_, dx_;
};

/// y = gain o (x - mean) / sqrt(variance + 1e-5) + bias, each column by itself
template <class T>
class layer_norm {
  public:
    using matrix = Eigen::MatrixX<T>;
    parameter<T> gain, bias;

    void resize(Eigen::Index width) {
        gain.resize(width, T(1));
        bias.resize(width, T(0));
    }

    const matrix& forward(const matrix& x) {
        normal_ = x.rowwise() - x.colwise().mean();
        scale_ = (normal_.colwise().squaredNorm().array() / static_cast<T>(x.rows()) + T(1e-5)).rsqrt();
        normal_.array().rowwise() *= scale_;
        y_ = (normal_.array().colwise() * gain.value.col(0).array()).colwise() + bias.value.col(0).array();
        return y_;
    }
    const matrix& output() const { return y_; }

    const matrix& backward(const matrix& dy) {
        gain.gradient = (dy.array() * normal_.array()).rowwise().sum();
        bias.gradient = dy.rowwise().sum();
        dx_ = dy.array().colwise() * gain.value.col(0).array();
        const Eigen::RowVectorX<T> along = (dx_.array() * normal_.array()).colwise().mean();
        const Eigen::RowVectorX<T> mean = dx_.colwise().mean();
        dx_.array() -= normal_.array().rowwise() * along.array();
        dx_.rowwise() -= mean;
        dx_.array().rowwise() *= scale_;
        return dx_;
    }

  private:
    matrix normal_, y_, dx_;
    Eigen::Array<T, 1, Eigen::Dynamic> scale_;
};

/// y = x Phi(x), in the form of GPT-2: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
template <class T>
class gelu_layer {
  public:
    using matrix = Eigen::MatrixX<T>;

    const matrix& forward(const matrix& x) {
        x_ = x;
        tanh_ = (slope * (x.array() + cubic * x.array().cube())).tanh();
        y_ = T(0.5) * x.array() * (T(1) + tanh_.array());
        return y_;
    }

    const matrix& backward(const matrix& dy) {
        const auto x = x_.array(), t = tanh_.array();
        dx_ = dy.array() *
              (T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t.square()) * slope * (T(1) + T(3) * cubic * x.square()));
        return dx_;
    }

  private:
    static constexpr T slope = static_cast<T>(0.7978845608028654), cubic = static_cast<T>(0.044715);
    matrix x_, tanh_, y_, dx_;
};

}  // namespace examples
