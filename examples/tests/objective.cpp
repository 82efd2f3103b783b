#include "support/objective.hpp"

#include <doctest/doctest.h>

namespace {

using examples::objective;

TEST_CASE("the gradients of the objectives are those that finite differences give") {
    for (objective f : {examples::rosenbrock(), examples::logistic_regression(3, 30, 5)}) {
        CAPTURE(f.name);
        examples::random_source random(1);
        Eigen::VectorXd x = f.start, gradient(x.size()), unused(x.size());
        for (double& value : x) value += 0.3 * random.normal();
        f(x, gradient);
        for (Eigen::Index i = 0; i < x.size(); ++i) {
            constexpr double h = 1e-6;
            const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(x.size(), i);
            CHECK(gradient[i] == doctest::Approx((f(x + step, unused) - f(x - step, unused)) / (2 * h)).epsilon(1e-6));
        }
        CHECK(f.gradients == 1 + 2 * static_cast<std::size_t>(x.size()));
    }
}

TEST_CASE("the mean of Hutchinson's estimates is the diagonal of the Hessian") {
    objective f = examples::rosenbrock();
    const Eigen::Vector2d x(-0.5, 0.8);
    const Eigen::Vector2d diagonal(2 - 400 * (x[1] - 3 * x[0] * x[0]), 200);
    examples::random_source random(1);
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(2);
    constexpr int estimates = 4000;
    for (int i = 0; i < estimates; ++i) sum += examples::hutchinson(f, x, random);
    CHECK(f.gradients == 2 * estimates);
    const double deviation = 400 * 0.5 / std::sqrt(estimates);  // of the mean: the element beside the diagonal
    CHECK(std::abs(sum[0] / estimates - diagonal[0]) < 4 * deviation);
    CHECK(std::abs(sum[1] / estimates - diagonal[1]) < 4 * deviation);
}

}  // namespace
