#include "peers.hpp"

#include <Eigen/Core>

#include <cmath>

namespace bench {

void eigen_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step) {
    using array = Eigen::ArrayXf;
    const auto n = static_cast<Eigen::Index>(s.n);
    Eigen::Map<array> param(s.param, n), m(s.m, n), v(s.v, n);
    const Eigen::Map<const array> grad(s.grad, n);
    const auto t = static_cast<double>(step);
    const auto f = [](double x) { return static_cast<float>(x); };
    const auto step_size = f(hyper.lr / (1 - std::pow(hyper.beta1, t)));
    const auto scale = f(1 / std::sqrt(1 - std::pow(hyper.beta2, t)));
    m = f(hyper.beta1) * m + f(1 - hyper.beta1) * grad;
    v = f(hyper.beta2) * v + f(1 - hyper.beta2) * grad.square();
    param = f(1 - hyper.lr * hyper.weight_decay) * param - step_size * m / (v.sqrt() * scale + f(hyper.eps));
}

}  // namespace bench
