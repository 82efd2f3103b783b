#include <furl/furl.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

struct scaled_sgd {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto update = loss_scaled(
        param - lr * ema<"m">(clip_by_global_norm<"grad_norm", "clip">(grad, hyper<"max_norm">(1.0)), 0.9));
};

struct plain_sgd {
    static constexpr auto update = param - scaled_sgd::lr * ema<"m">(clip_by_global_norm(grad, hyper<"max_norm">(1.0)), 0.9);
};

}  // namespace

TEST_CASE("the scale falls at each step that is skipped, and rises after enough that were done") {
    loss_scale scale({.initial = 8, .interval = 3, .least = 1, .most = 16});
    CHECK(!scale.update(true));
    CHECK(!scale.update(true));
    CHECK(scale.update(true));
    CHECK(scale.value() == 16);
    for (int i = 0; i < 3; ++i) scale.update(true);
    CHECK(scale.value() == 16);
    CHECK(scale.update(false));
    CHECK(scale.value() == 8);
    scale.update(true), scale.update(true), scale.update(false), scale.update(true), scale.update(true);
    CHECK(scale.value() == 4);
    CHECK(scale.steps_in_a_row() == 2);
    for (int i = 0; i < 9; ++i) scale.update(false);
    CHECK(scale.value() == 1);
    scale.restore(4, 2);
    CHECK(scale.update(true));
    CHECK(scale.value() == 8);
    CHECK(message_of([] { loss_scale({.growth = 1}); }) == "furl: loss_scale: growth must be above 1");
    CHECK(message_of([] { loss_scale({.initial = 0}); }).find("initial must be") != std::string::npos);
}

TEST_CASE("a scaled loss steps as one that is not, to the bit, and finds the scale that does not overflow") {
    optimizer<scaled_sgd> scaled(100);
    optimizer<plain_sgd> plain(100);
    loss_scale scale({.initial = 0x1p126, .backoff = 0x1p-20, .interval = 1000});
    auto w = normal_values<float>(100, 1), x = w;
    int skipped = 0, done = 0;
    for (unsigned t = 0; done < 20; ++t) {
        REQUIRE(t < 100);
        auto g = normal_values<float>(100, 2 + static_cast<unsigned>(done), 10), scaled_g = g;
        for (auto& v : scaled_g) v = static_cast<float>(v * scale.value());
        scaled.set("loss_scale", scale.value());
        const bool stepped = scaled.step(w, scaled_g);
        scale.update(stepped);
        (stepped ? done : skipped) += 1;
        if (stepped) plain.step(x, g);
        CHECK(w == x);
        CHECK(scaled.step_count() == done);
    }
    CHECK(skipped > 0);
    CHECK(scale.value() == std::ldexp(1.0, 126 - 20 * skipped));
}

TEST_CASE("the scale does not fall below 1, unless asked to") {
    loss_scale scale, small({.least = 0x1p-10});
    for (int i = 0; i < 2000; ++i) scale.update(false), small.update(false);
    CHECK(scale.value() == 1);
    CHECK(small.value() == 0x1p-10);
}

namespace {

struct scaled_and_zeroed {
    static constexpr auto update = zero_grad(loss_scaled(param - 0.01 * grad));
};

}  // namespace

TEST_CASE("a scale recovers from one infinity where the loop zeroes the sum of gradients at a skipped step") {
    optimizer<scaled_and_zeroed> opt(10);
    loss_scale scale({.interval = 20});
    std::vector<float> w(10), g(10);
    int done = 0;
    for (int t = 0; t < 100; ++t) {
        for (auto& x : g) x += static_cast<float>(scale.value());  // a slope of 1
        if (t == 10) g[5] = std::numeric_limits<float>::infinity();
        opt.set("loss_scale", scale.value());
        const bool stepped = opt.step(w, g);
        if (!stepped) zero_gradients(g);
        scale.update(stepped);
        done += stepped;
    }
    CHECK(done == 99);
    CHECK(scale.value() == 65536 / 2 * 16);  // halved once, doubled after 20, 40, 60 and 80 steps of the 89 that followed
    for (const float x : w) CHECK(x == doctest::Approx(-0.99));
}

TEST_CASE("a step reports norm and factor of its clipping, also where it was skipped, at no pass more") {
    static_assert(cost<scaled_sgd>.passes == cost<plain_sgd>.passes);
    static_assert(cost<scaled_sgd>.loads == cost<plain_sgd>.loads);
    optimizer<scaled_sgd> opt{3, 1};
    opt.set("loss_scale", 4);
    CHECK(opt.info().values.size() == 2);
    CHECK(opt.value("grad_norm") != opt.value("grad_norm"));
    std::vector<float> a(3, 8), b(1, 8), w(3), v(1);
    CHECK(opt.step({w, v}, {a, b}));
    CHECK(opt.value("grad_norm") == doctest::Approx(4));
    CHECK(opt.value("clip") == doctest::Approx(0.25).epsilon(1e-6));
    a[1] = std::numeric_limits<float>::infinity();
    CHECK(!opt.step({w, v}, {a, b}));
    CHECK(std::isinf(opt.value("grad_norm")));
    CHECK(opt.value("clip") == 0);
    CHECK(message_of([&] { opt.value("grad_nrom"); }).find("did you mean 'grad_norm'?") != std::string::npos);
}
