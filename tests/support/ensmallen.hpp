#pragma once

#include <algorithm>
#include <any>
#include <cstddef>
#include <memory>
#include <vector>

// A stand-in for ensmallen 3 and Armadillo, which Debian 12 has no package of: what ens::SGD asks of an update policy, in the
// order in which it does (include/ensmallen_bits/sgd/sgd_impl.hpp). Its function is one sum of terms, visited in their order.
namespace arma {

template <class T>
class Mat {
  public:
    using elem_type = T;

    std::size_t n_rows, n_cols, n_elem;

    Mat(std::size_t rows, std::size_t columns) : n_rows(rows), n_cols(columns), n_elem(rows * columns), values_(n_elem) {}

    T* memptr() { return values_.data(); }
    const T* memptr() const { return values_.data(); }
    T& operator[](std::size_t i) { return values_[i]; }
    T operator[](std::size_t i) const { return values_[i]; }

  private:
    std::vector<T> values_;
};

using mat = Mat<double>;
using fmat = Mat<float>;

}  // namespace arma

namespace ens {

struct NoDecay {};

template <class UpdatePolicyType, class DecayPolicyType = NoDecay>
class SGD {
  public:
    SGD(double stepSize = 0.01, std::size_t batchSize = 32, std::size_t maxIterations = 100000, double tolerance = 1e-5,
        bool shuffle = true, const UpdatePolicyType& updatePolicy = UpdatePolicyType(), const DecayPolicyType& = {},
        bool resetPolicy = true)
        : stepSize_(stepSize), batchSize_(batchSize), maxIterations_(maxIterations), updatePolicy_(updatePolicy),
          resetPolicy_(resetPolicy) {
        static_cast<void>(tolerance), static_cast<void>(shuffle);
    }

    /// f has NumFunctions() and Gradient(parameters, begin, gradient, batch), as those of ensmallen.
    template <class Function, class MatType>
    void Optimize(Function& f, MatType& iterate) {
        using policy = typename UpdatePolicyType::template Policy<MatType, MatType>;
        if (resetPolicy_ || !instUpdatePolicy_.has_value())
            instUpdatePolicy_ = std::shared_ptr<policy>(new policy(updatePolicy_, iterate.n_rows, iterate.n_cols));
        MatType gradient(iterate.n_rows, iterate.n_cols);
        std::size_t current = 0;
        for (std::size_t i = 0; i < maxIterations_;) {
            const auto batch = std::min({batchSize_, maxIterations_ - i, f.NumFunctions() - current});
            f.Gradient(iterate, current, gradient, batch);
            std::any_cast<std::shared_ptr<policy>&>(instUpdatePolicy_)
                ->Update(iterate, stepSize_ / static_cast<double>(batch), gradient);
            i += batch;
            current = (current + batch) % f.NumFunctions();
        }
    }

    double& StepSize() { return stepSize_; }

  private:
    double stepSize_;
    std::size_t batchSize_, maxIterations_;
    UpdatePolicyType updatePolicy_;
    bool resetPolicy_;
    std::any instUpdatePolicy_;
};

}  // namespace ens
