#include "support/dense_network.hpp"
#include "support/classification.hpp"
#include "support/losses.hpp"
#include "tests/finite_differences.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

namespace {

using examples::activation;
using examples::classification_loss;
using examples::dense_network;
using examples::initialization;

TEST_CASE("backward gives the gradients that finite differences give") {
    const std::array<std::uint8_t, 4> labels{0, 2, 1, 2};
    for (const auto kind : {classification_loss::cross_entropy, classification_loss::mse}) {
        for (const activation f : {activation::relu, activation::sigmoid, activation::tanh}) {
            CAPTURE(static_cast<int>(kind));
            CAPTURE(static_cast<int>(f));
            dense_network<double> network({5, 7, 4, 3}, f, initialization::he, 1);  // double: float is too coarse
            examples::random_source random(2);
            Eigen::MatrixXd inputs(5, 4), gradient;
            for (double& x : inputs.reshaped()) x = random.normal();
            const auto parameters = network.parameters();
            for (double& b : parameters[1]) b = 0.1 * random.normal();
            const auto loss = [&] { return examples::loss_of(kind, network.forward(inputs), labels, gradient); };

            loss();
            network.backward(inputs, gradient);
            REQUIRE(parameters.size() == 6);
            examples::check_gradients(parameters, network.gradients(), loss, 1e-7);
        }
    }
}

TEST_CASE("the mean squared error is that of PyTorch: over samples and outputs") {
    const Eigen::MatrixXd outputs = (Eigen::MatrixXd(2, 2) << 1, 2, 3, 4).finished(),
                          targets = Eigen::MatrixXd::Zero(2, 2);
    Eigen::MatrixXd gradient;
    CHECK(examples::mean_squared_error<double>(outputs, targets, gradient) == 7.5);
    CHECK(gradient == outputs / 2);
}

TEST_CASE("softmax cross-entropy of equal outputs is the logarithm of the number of classes") {
    Eigen::MatrixXf outputs = Eigen::MatrixXf::Constant(10, 3, 1e4F), gradient;  // exp(1e4) would be infinite
    const std::array<std::uint8_t, 3> labels{0, 5, 9};
    CHECK(examples::softmax_cross_entropy(outputs, labels, gradient) == doctest::Approx(std::log(10.0)));
    CHECK(gradient(5, 1) == doctest::Approx((0.1 - 1) / 3));
    CHECK(gradient(4, 1) == doctest::Approx(0.1 / 3));
}

TEST_CASE("initial weights have the variance of their scheme, and the same seed gives the same weights") {
    const auto variance = [](initialization how) {
        dense_network<float> network({300, 200}, activation::relu, how, 5);
        const auto weights = network.parameters()[0];
        double sum = 0;
        for (const float w : weights) sum += static_cast<double>(w) * static_cast<double>(w);
        return sum / (300 * 200);
    };
    CHECK(variance(initialization::he) == doctest::Approx(2.0 / 300).epsilon(0.03));
    CHECK(variance(initialization::xavier) == doctest::Approx(2.0 / 500).epsilon(0.03));
    CHECK(variance(initialization::normal) == doctest::Approx(2.0 / 301).epsilon(0.03));
    CHECK(variance(initialization::uniform) == doctest::Approx(1.0 / 900).epsilon(0.03));
    CHECK(variance(initialization::zero) == 0);
    CHECK(variance(initialization::he) == variance(initialization::he));
}

TEST_CASE("the confusion matrix counts what was taken for what") {
    const std::array<std::uint8_t, 4> labels{0, 1, 1, 2}, predicted{0, 1, 2, 2};
    CHECK(examples::confusion(labels, predicted, 3) == (Eigen::Matrix3i() << 1, 0, 0, 0, 1, 1, 0, 0, 1).finished());
}

}  // namespace
