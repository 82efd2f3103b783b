#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/nesterov.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <support/paths.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

// What filters of a value leave alone, and which rules they make of others: equalities to the bit.
using namespace furl;
using namespace furl::tests;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using inner = zoo::adam;

constexpr auto lr = hyper<"lr">(1e-2);

struct adam_amsgrad : inner {
    static constexpr auto update = param - lr * safe_divide(bias_corrected(m), sqrt(amsgrad<"v_max">(v)), eps);
};

template <auto Make>
struct modified {
    static constexpr auto update = Make();
};

template <auto Make>
auto path_of(const std::vector<tensors<float>>& history) {
    return path<modified<Make>>(history);
}

}  // namespace

TEST_CASE("a clipping with an infinite limit is not there, to the bit") {
    const auto history = gradient_history<float>(20);
    const auto bare = path<inner>(history);
    CHECK(path_of<[] { return replace(inner::update, grad, clip_by_value(grad, infinity)); }>(history) == bare);
    CHECK(path_of<[] { return replace(inner::update, grad, clip_by_norm(grad, infinity)); }>(history) == bare);
    CHECK(path_of<[] { return replace(inner::update, grad, clip_by_global_norm(grad, infinity)); }>(history) == bare);
    CHECK(path_of<[] { return replace(inner::update, grad, clip_by_block_rms(grad, infinity)); }>(history) == bare);
}

TEST_CASE("Nesterov momentum in place of the gradient makes Nesterov's methods of gradient descent, to the bit") {
    const auto history = gradient_history<float>(20);
    CHECK(path_of<[] { return replace(param - lr * grad, grad, nesterov<"b">(grad, 0.9)); }>(history) ==
          path<zoo::sgd_nesterov>(history));
    CHECK(path_of<[] { return param - nesterov<"v">(lr * grad, 0.9); }>(history) == path<zoo::nesterov>(history));
}

TEST_CASE("a loss scale that is a power of 2 is taken out, to the bit, and may change from step to step") {
    const auto history = gradient_history<float>(20);
    using scaled = modified<[] { return replace(inner::update, grad, unscaled(grad, hyper<"scale">(1.0))); }>;
    run_of<inner> bare;
    run_of<scaled> run;
    for (std::size_t t = 0; t < history.size(); ++t) {
        const float scale = t % 2 ? 65536.0f : 0.25f;
        auto gradients = history[t];
        for (auto& tensor : gradients)
            for (auto& g : tensor) g *= scale;
        run.opt.set("scale", scale);
        run.step(gradients);
        bare.step(history[t]);
        REQUIRE(run.all() == bare.all());
    }
}

TEST_CASE("AMSGrad never takes a larger step than Adam on the same gradients") {
    run_of<inner> adam;
    run_of<adam_amsgrad> ams;
    bool smaller = false;
    for (const auto& gradients : gradient_history<float>(60)) {
        for (auto* parameters : {&adam.parameters, &ams.parameters})
            for (auto& tensor : *parameters) std::fill(tensor.begin(), tensor.end(), 0.0f);
        adam.step(gradients);
        ams.step(gradients);
        const auto a = adam.all(), b = ams.all();
        for (std::size_t i = 0; i < a.size(); ++i) {
            REQUIRE(std::fabs(b[i]) <= std::fabs(a[i]));
            smaller = smaller || std::fabs(b[i]) < std::fabs(a[i]);
        }
    }
    CHECK(smaller);
}

TEST_CASE("a schedule in place of a rule's learning rate is that rule written with the schedule, to the bit") {
    const auto history = gradient_history<float>(20);
    CHECK(path_of<[] { return replace(inner::update, inner::lr, schedules::cosine(inner::lr, 0.0, 10)); }>(history) ==
          path_of<[] { return param - schedules::cosine(inner::lr, 0.0, 10) * inner::direction; }>(history));
    CHECK(path_of<[] { return replace(zoo::nesterov::update, zoo::nesterov::lr, 2 * hyper<"lr">(5e-3)); }>(history) ==
          path<zoo::nesterov>(history));  // in its state, too
    CHECK(path_of<[] { return replace(inner::update, hyper<"other">(), 0); }>(history) == path<inner>(history));
}
