#include <furl/blocks/blocks.hpp>
#include <furl/memory/tensor_arena.hpp>
#include <furl/memory/zero_gradients.hpp>
#include <furl/optimizer.hpp>
#include <furl/print/print.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace furl;

namespace {

struct descent {
    static constexpr auto lr = hyper<"lr">(0.5);

    static constexpr auto update = param - lr * momentum<"b">(grad, 0.9);
};

struct zeroing : descent {
    static constexpr auto update = zero_grad(descent::update);
};

struct zeroing_clipped : descent {
    static constexpr auto update = skip_nonfinite(replace(zero_grad(descent::update), grad, clip_by_norm(grad, 1.0)));
};

static_assert(cost<zeroing>.stores == cost<descent>.stores + 1);
static_assert(cost<zeroing>.loads == cost<descent>.loads && cost<zeroing>.passes == 1);
static_assert(cost<zeroing>.bytes_per_parameter == cost<descent>.bytes_per_parameter + 4);

std::vector<float> ramp(std::size_t n) {
    std::vector<float> result(n);
    for (std::size_t i = 0; i < n; ++i) result[i] = 0.25f * static_cast<float>(i) - 3;
    return result;
}

}  // namespace

TEST_CASE_TEMPLATE("a step with zero_grad is the step, and leaves gradients of zero", Optimizer, optimizer<zeroing>,
                   naive<zeroing>) {
    for (std::size_t n : {0u, 1u, 7u, 16u, 33u, 5000u}) {
        CAPTURE(n);
        optimizer<descent> plain(n);
        Optimizer opt(n);
        auto w = ramp(n), expected = w;
        for (int t = 0; t < 3; ++t) {
            auto g = ramp(n), same = g;
            opt.step(w, g);
            plain.step(expected, same);
            CHECK(g == std::vector<float>(n));
            CHECK(same == ramp(n));
        }
        if constexpr (std::is_same_v<Optimizer, optimizer<zeroing>>) CHECK(w == expected);
    }
}

TEST_CASE("the gradient is cleared in the last pass, after the reductions have read it") {
    optimizer<zeroing_clipped> opt(100);
    std::vector<float> w(100), g(100, 2.0f);
    CHECK(opt.step(w, g));
    CHECK(g == std::vector<float>(100));
    CHECK(w[0] == doctest::Approx(-0.5 * 2 / 20.0));
}

TEST_CASE("a skipped step leaves the gradient as it is") {
    optimizer<zeroing_clipped> opt(100);
    std::vector<float> w(100), g(100, 2.0f);
    g[50] = std::numeric_limits<float>::infinity();
    CHECK_FALSE(opt.step(w, g));
    CHECK(g[0] == 2);
    CHECK(std::isinf(g[50]));
}

namespace {

struct zeroing_outside : descent {
    static constexpr auto update = zero_grad(skip_nonfinite(descent::update));
};

struct zeroing_inside : descent {
    static constexpr auto update = skip_nonfinite(zero_grad(descent::update));
};

}  // namespace

TEST_CASE_TEMPLATE("a loop that sums gradients loses one step to an infinity if it zeroes them where a step is skipped", Rule,
                   zeroing_outside, zeroing_inside) {
    for (const bool zeroes : {false, true}) {
        CAPTURE(zeroes);
        optimizer<Rule> opt(20);
        optimizer<descent> without(20);
        std::vector<float> w = ramp(20), expected = w, g(20);
        int done = 0;
        for (int t = 0; t < 100; ++t) {
            const auto slope = [&](std::size_t i) { return 0.01f * static_cast<float>(t) + ramp(20)[i]; };
            for (std::size_t i = 0; i < g.size(); ++i) g[i] += slope(i);
            if (t == 10) g[3] = std::numeric_limits<float>::infinity();
            if (opt.step(w, g)) {
                ++done;
                std::vector<float> fresh(20);
                for (std::size_t i = 0; i < g.size(); ++i) fresh[i] = slope(i);
                without.step(expected, fresh);
            } else if (zeroes) zero_gradients(g);
        }
        CHECK(done == (zeroes ? 99 : 10));
        CHECK(opt.step_count() == done);
        CHECK(w == expected);
    }
}

TEST_CASE("zero_gradients takes what a step takes") {
    std::vector<float> a(3, 1), b(2, 1);
    zero_gradients(a);
    CHECK(a == std::vector<float>(3));
    a.assign(3, 1);
    zero_gradients(std::vector{std::span(a).first(2), std::span(b)});
    CHECK(a == std::vector<float>{0, 0, 1});
    CHECK(b == std::vector<float>(2));
    a.assign(3, 1);
    b.assign(2, 1);
    zero_gradients({a, b});
    CHECK(a == std::vector<float>(3));
    CHECK(b == std::vector<float>(2));
    std::vector<double> d(3, 1);
    zero_gradients({d});
    CHECK(d == std::vector<double>(3));
    tensor_arena<bfloat16> memory({3, 2});
    memory.gradient(1)[1] = bfloat16(2.0f);
    memory.parameter(1)[1] = bfloat16(2.0f);
    zero_gradients(memory.gradients());
    CHECK(static_cast<float>(memory.gradient(1)[1]) == 0);
    CHECK(static_cast<float>(memory.parameter(1)[1]) == 2);
}

TEST_CASE("gradients that are cleared must not overlap each other") {
    optimizer<zeroing> opt({4, 4});
    std::vector<float> w(8), g(8);
    const std::span<float> all(g);
    CHECK_THROWS_AS(opt.step({std::span(w).first(4), std::span(w).last(4)}, {all.first(4), all.subspan(2, 4)}),
                    std::invalid_argument);
    CHECK(opt.step({std::span(w).first(4), std::span(w).last(4)}, {all.first(4), all.last(4)}));
}

TEST_CASE("explain says that the gradient is cleared") {
    CHECK(explain<zeroing>().find("leaves 0 in the place of the gradient") != std::string::npos);
    CHECK(explain<zeroing>().find("writes param, grad, b") != std::string::npos);
    CHECK(explain<descent>().find("leaves 0") == std::string::npos);
}
