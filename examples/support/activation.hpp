#pragma once

#include <Eigen/Core>

namespace examples {

enum class activation { relu, sigmoid, tanh };

/// z <- f(z)
template <class T>
void activate(activation f, Eigen::MatrixX<T>& z) {
    switch (f) {
        case activation::relu: z = z.cwiseMax(T(0)); break;
        case activation::sigmoid: z = (T(1) + (-z.array()).exp()).inverse(); break;
        case activation::tanh: z = z.array().tanh(); break;
    }
}

/// delta <- delta f'(z), where a = f(z): all three derivatives can be told from the value.
template <class T>
void multiply_derivative(activation f, const Eigen::MatrixX<T>& a, Eigen::MatrixX<T>& delta) {
    switch (f) {
        case activation::relu: delta.array() *= (a.array() > T(0)).template cast<T>(); break;
        case activation::sigmoid: delta.array() *= a.array() * (T(1) - a.array()); break;
        case activation::tanh: delta.array() *= T(1) - a.array().square(); break;
    }
}

}  // namespace examples
