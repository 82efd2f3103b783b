#pragma once

#include <cstddef>
#include <vector>

// A stand-in for dlib's tensors and layers: what its trainer gives to a solver (dlib/dnn/core.h), and takes from it.
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
    explicit resizable_tensor(std::size_t n = 0) { values_.resize(n); }
    void copy_size(const tensor& other) { values_.resize(other.size()); }
    resizable_tensor& operator=(float value) {
        values_.assign(values_.size(), value);
        return *this;
    }
};

struct layer {
    resizable_tensor params;
    double multiplier = 1;

    const tensor& get_layer_params() const { return params; }
    tensor& get_layer_params() { return params; }
};

inline double get_learning_rate_multiplier(const layer& l) { return l.multiplier; }

/// The step of a trainer for one layer.
template <class Solver>
void update_parameters(Solver& solver, float learning_rate, layer& l, const tensor& gradients) {
    const tensor& step = solver(learning_rate, l, gradients);
    for (std::size_t i = 0; i < step.size(); ++i) l.get_layer_params().host()[i] += step.host()[i];
}

}  // namespace dlib
