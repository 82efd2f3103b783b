#pragma once

#include "random_source.hpp"

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace examples {

/// A function to minimize, with its gradient. It counts how often the gradient is asked for.
struct objective {
    using function = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

    std::string name;
    Eigen::VectorXd start;
    function value;  ///< sets the gradient, too
    std::size_t gradients = 0;

    double operator()(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
        ++gradients;
        return value(x, gradient);
    }
};

/// Hutchinson's estimate of the diagonal of the Hessian: u o H u for random signs u, whose mean is the diagonal.
///
/// \f$ H u \approx \frac{g(x + h u) - g(x - h u)}{2 h} \f$
///
/// Cost:  2 gradients.
inline Eigen::VectorXd hutchinson(objective& f, const Eigen::VectorXd& x, random_source& random) {
    constexpr double h = 1e-5;
    Eigen::VectorXd u(x.size()), above(x.size()), below(x.size());
    for (double& sign : u) sign = random.below(2) == 0 ? -1 : 1;
    f(x + h * u, above);
    f(x - h * u, below);
    return u.cwiseProduct(above - below) / (2 * h);
}

/// Rosenbrock's valley, of two variables: (1 - x)^2 + 100 (y - x^2)^2, lowest at (1, 1).
inline objective rosenbrock() {
    const auto value = [](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
        const double across = x[1] - x[0] * x[0];
        gradient[0] = -2 * (1 - x[0]) - 400 * across * x[0];
        gradient[1] = 200 * across;
        return (1 - x[0]) * (1 - x[0]) + 100 * across * across;
    };
    return {"Rosenbrock", Eigen::Vector2d(-1.5, 2), value};
}

/// Logistic regression with an L2 penalty of 1e-3, on features whose scales go from 1 to 30.
inline objective logistic_regression(std::uint64_t seed, Eigen::Index samples = 400, Eigen::Index features = 20) {
    random_source random(seed);
    Eigen::MatrixXd x(samples, features);
    Eigen::VectorXd sign(samples), truth(features);
    for (double& t : truth) t = random.normal();
    for (Eigen::Index i = 0; i < samples; ++i) {
        for (double& feature : x.row(i)) feature = random.normal();
        sign[i] = x.row(i).dot(truth) + random.normal() > 0 ? 1 : -1;
    }
    for (Eigen::Index j = 0; j < features; ++j) {
        x.col(j) *= std::pow(30.0, static_cast<double>(j) / static_cast<double>(features - 1));
    }
    const auto value = [=](const Eigen::VectorXd& w, Eigen::VectorXd& gradient) -> double {
        constexpr double penalty = 1e-3;
        const Eigen::ArrayXd margin = sign.array() * (x * w).array();
        // log(1 + exp(-m)), so that exp does not overflow.
        const Eigen::ArrayXd loss = (-margin).max(0.0) + (-margin.abs()).exp().log1p();
        const Eigen::ArrayXd slope = -sign.array() / (1 + margin.exp());
        const auto n = static_cast<double>(x.rows());
        gradient = x.transpose() * slope.matrix() / n + penalty * w;
        return loss.sum() / n + penalty / 2 * w.squaredNorm();
    };
    return {"logistic regression", Eigen::VectorXd::Zero(features), value};
}

}  // namespace examples
