#include "support/transformer.hpp"
#include "support/losses.hpp"
#include "tests/finite_differences.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

using examples::transformer;

TEST_CASE("the transformer's backward gives the gradients that finite differences give") {
    transformer<double> model({.symbols = 5, .context = 4, .width = 6, .heads = 2, .layers = 2}, 1);
    const std::vector<std::uint8_t> input{0, 3, 1, 4, 2, 2, 0, 1}, next{3, 1, 4, 0, 2, 0, 1, 3};
    examples::random_source random(2);
    const auto parameters = model.parameters();
    for (const auto& tensor : parameters) {
        for (double& p : tensor) p += 0.3 * random.normal();  // no gain of 1 and no bias of 0
    }
    Eigen::MatrixXd gradient;
    const auto loss = [&] { return examples::softmax_cross_entropy(model.forward(input), next, gradient); };

    loss();
    model.backward(input, gradient);
    REQUIRE(parameters.size() == 2 + 2 * 12 + 2);
    examples::check_gradients(parameters, model.gradients(), loss, 1e-6);
}

TEST_CASE("the transformer sees no symbol that comes later") {
    transformer<float> model({.symbols = 5, .context = 4, .width = 8, .heads = 2, .layers = 2}, 1);
    const Eigen::MatrixXf first = model.forward(std::vector<std::uint8_t>{0, 1, 2, 3});
    const Eigen::MatrixXf second = model.forward(std::vector<std::uint8_t>{0, 1, 2, 4});
    CHECK(first.leftCols(3) == second.leftCols(3));
    CHECK(first.col(3) != second.col(3));
    const Eigen::MatrixXf alone = model.forward(std::vector<std::uint8_t>{0, 1});  // a shorter one is the same
    CHECK(alone.isApprox(first.leftCols(2), 1e-5F));
}

TEST_CASE("the matrices of the hidden layers are those of attention and of the wide layers") {
    transformer<float> model({.symbols = 5, .context = 4, .width = 8, .heads = 2, .layers = 2}, 1);
    const auto parameters = model.parameters();
    std::vector<std::size_t> sizes;
    for (const auto& m : model.hidden_matrices()) {
        CHECK(parameters[m.number].size() == m.outputs * m.inputs);
        CHECK(parameters[m.number + 1].size() == m.outputs);  // its bias
        sizes.push_back(m.outputs);
    }
    CHECK(sizes == std::vector<std::size_t>{24, 8, 32, 8, 24, 8, 32, 8});
}

}  // namespace
