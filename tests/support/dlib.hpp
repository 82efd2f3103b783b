#pragma once

#include <cstddef>
#include <vector>

// A stand-in for dlib's tensors and layers: what its trainer gives to a solver (dlib/dnn/core.h), and takes from it. dlib itself takes
// a minute to compile; tests/adapt/dlib_library.cpp does that.
namespace dlib {

class tensor {
  public:
    std::size_t size() const { return values_.size(); }
    const float* host() const { return values_.data(); }
    float* host() { return values_.data(); }

  protected:
    std::vector<float> values_;
};

class resizable_tensor : public tensor {
  public:
    resizable_tensor() = default;
    explicit resizable_tensor(std::size_t n) { values_.resize(n); }
    void copy_size(const tensor& other) { values_.resize(other.size()); }
    resizable_tensor& operator=(float value) {
        values_.assign(values_.size(), value);
        return *this;
    }
};

/// A layer without multipliers.
struct plain_layer {
    resizable_tensor params;

    const tensor& get_layer_params() const { return params; }
    tensor& get_layer_params() { return params; }
};

/// A layer without biases.
struct layer : plain_layer {
    double multiplier = 1, decay_multiplier = 1;

    double get_learning_rate_multiplier() const { return multiplier; }
    double get_weight_decay_multiplier() const { return decay_multiplier; }
};

/// A normalization, as bn_: factors, then as many biases.
struct layer_with_biases : layer {
    double bias_multiplier = 1, bias_decay_multiplier = 0;

    double get_bias_learning_rate_multiplier() const { return bias_multiplier; }
    double get_bias_weight_decay_multiplier() const { return bias_decay_multiplier; }
};

/// A convolution, as con_ and cont_: its biases, one for each filter, are last.
struct convolution : layer_with_biases {
    long filters = 0;
    bool without_biases = false;

    long num_filters() const { return filters; }
    bool bias_is_disabled() const { return without_biases; }
};

/// A matrix with a row for each input, as fc_, and a bias for each output.
struct fully_connected : layer_with_biases {
    struct matrix {
        long rows, columns;
        std::size_t size() const { return static_cast<std::size_t>(rows * columns); }
        long long num_samples() const { return rows; }
    };
    struct alias : matrix {
        const matrix& get() const { return *this; }
    };
    alias weights{{0, 0}};

    alias get_weights() const { return weights; }
};

/// The step of a trainer for one layer.
template <class Solver, class Layer>
void update_parameters(Solver& solver, float learning_rate, Layer& l, const tensor& gradients) {
    const tensor& step = solver(learning_rate, l, gradients);
    for (std::size_t i = 0; i < step.size(); ++i) l.get_layer_params().host()[i] += step.host()[i];
}

/// A trainer of a network of one layer.
template <class Layer, class Solver>
class dnn_trainer {
  public:
    dnn_trainer(Layer& net, const Solver& solver) : net_(net), solver_(solver) {}

    void train_one_step(float learning_rate, const tensor& gradients) { update_parameters(solver_, learning_rate, net_, gradients); }

  private:
    Layer& net_;
    Solver solver_;
};

}  // namespace dlib
