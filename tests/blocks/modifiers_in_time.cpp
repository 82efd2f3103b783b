#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/program/cost.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <support/paths.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

// Modifiers that decide in which steps a rule takes part: accumulation, guards, switches.
using namespace furl;
using namespace furl::tests;

namespace {

template <auto Make>
struct modified {
    static constexpr auto update = Make();
};

using inner = zoo::adam;
constexpr auto momentum_step = param - 0.01 * momentum<"b">(grad, 0.9);

using accumulating = modified<[] { return accumulate_gradients(inner::update, hyper<"k">(4)); }>;

constexpr auto scheduled =
    weight_ema(lookahead(param - schedules::linear(0.1, 0.0, 6) * momentum<"b">(grad, 0.9), 2, 0.5), 0.75);

constexpr auto ahead = lookahead(inner::update, 3, 0.5);

struct many : zoo::adam {
    static constexpr auto lr = schedules::linear_warmup(0.1, 10, schedules::cosine(0.1, 1e-4, 500));
    static constexpr auto decayed = decoupled_weight_decay(lookahead(param - lr * direction, 5, 0.5), lr, 1e-6);
    static constexpr auto update =
        skip_nonfinite(weight_ema(replace(decayed, grad, clip_by_global_norm(grad, 1.0)), 0.9));
};

static_assert(cost<many>.passes == 2);

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("four equal gradients accumulated are one step with their mean, to the bit") {
    run_of<inner> once;
    run_of<accumulating> fourth;
    for (const auto& gradients : gradient_history<float>(10)) {
        const auto before = fourth.all();
        for (int i = 0; i < 4; ++i) {
            REQUIRE(fourth.all() == before);
            REQUIRE(fourth.state("m") == once.state("m"));
            REQUIRE(fourth.state("v") == once.state("v"));
            fourth.step(gradients);
        }
        once.step(gradients);
        REQUIRE(fourth.all() == once.all());
    }
    CHECK(fourth.opt.step_count() == 40);
}

TEST_CASE("accumulated gradients are one step with their mean, for any number of them, changed between cycles") {
    const auto history = gradient_history<double>(30);
    run_of<inner, double> once;
    run_of<accumulating, double> part;
    part.opt.set("k", 3);
    for (std::size_t cycle = 0; cycle < 10; ++cycle) {
        auto mean = history[3 * cycle];
        for (std::size_t i = 0; i < mean.size(); ++i)
            for (std::size_t j = 0; j < mean[i].size(); ++j)
                mean[i][j] = (mean[i][j] + history[3 * cycle + 1][i][j] + history[3 * cycle + 2][i][j]) / 3;
        for (std::size_t k = 0; k < 3; ++k) part.step(history[3 * cycle + k]);
        once.step(mean);
        REQUIRE(distance_in_ulps<double>({part.all()}, {once.all()}) < 100);
    }
}

TEST_CASE("schedules, averages and lookahead inside an accumulation count the steps of the rule") {
    run_of<modified<[] { return scheduled; }>, double, strict> once;
    run_of<modified<[] { return accumulate_gradients(scheduled, 4); }>, double, strict> fourth;
    for (const auto& gradients : gradient_history<double>(10)) {
        once.step(gradients);
        for (int i = 0; i < 4; ++i) fourth.step(gradients);
        REQUIRE(fourth.all() == once.all());
        REQUIRE(fourth.state("slow") == once.state("slow"));
        REQUIRE(fourth.state("weight_ema") == once.state("weight_ema"));
    }
}

TEST_CASE("a step with a NaN or an infinity in any gradient changes nothing and is reported") {
    constexpr auto make = [] { return skip_nonfinite(weight_ema(lookahead(inner::update, 2, 0.5), 0.9)); };
    run_of<modified<make>> run, untroubled;
    const auto history = gradient_history<float>(12);
    for (std::size_t t = 0; t < history.size(); ++t) {
        for (const float bad : {not_a_number, infinity, -infinity}) {
            auto gradients = history[t];
            auto& tensor = gradients[t % 2];
            tensor[(5 * t) % tensor.size()] = bad;
            CAPTURE(t);
            CAPTURE(bad);
            CHECK_FALSE(run.step(gradients));
        }
        REQUIRE(run.all() == untroubled.all());
        for (const auto name : {"m", "v", "slow", "weight_ema"}) REQUIRE(run.state(name) == untroubled.state(name));
        REQUIRE(run.opt.step_count() == static_cast<std::int64_t>(t));
        CHECK(run.step(history[t]));
        CHECK(untroubled.step(history[t]));
    }
    CHECK(run.all() == untroubled.all());
}

TEST_CASE("a gradient that is not finite is left out of an accumulation") {
    run_of<modified<[] { return skip_nonfinite(accumulate_gradients(momentum_step, 2)); }>> run;
    run_of<modified<[] { return accumulate_gradients(momentum_step, 2); }>> untroubled;
    for (const auto& gradients : gradient_history<float>(6)) {
        auto bad = gradients;
        bad[1][0] = not_a_number;
        CHECK_FALSE(run.step(bad));
        CHECK(run.step(gradients));
        untroubled.step(gradients);
        CHECK(run.all() == untroubled.all());
    }
}

TEST_CASE("after a switch the second rule is a new optimizer, and the first one's states stand still") {
    constexpr auto make = [] { return switch_at(hyper<"at">(7), momentum_step, inner::update); };
    run_of<modified<make>> run;
    run_of<modified<[] { return momentum_step; }>> first;
    run_of<inner> second;
    const auto history = gradient_history<float>(20);
    for (std::size_t t = 0; t < 7; ++t) {
        run.step(history[t]);
        first.step(history[t]);
        REQUIRE(run.all() == first.all());
    }
    second.parameters = first.parameters;
    CHECK(run.state("m") == second.state("m"));
    for (std::size_t t = 7; t < 20; ++t) {
        run.step(history[t]);
        second.step(history[t]);
        REQUIRE(run.all() == second.all());
        REQUIRE(run.state("v") == second.state("v"));
        REQUIRE(run.state("b") == first.state("b"));
    }
}

TEST_CASE("lookahead that starts at a switch starts from the parameters of then") {
    run_of<modified<[] { return switch_at(5, momentum_step, ahead); }>> run;
    run_of<modified<[] { return ahead; }>> second;
    const auto history = gradient_history<float>(12);
    for (std::size_t t = 0; t < 5; ++t) run.step(history[t]);
    second.parameters = run.parameters;
    for (std::size_t t = 5; t < 12; ++t) {
        run.step(history[t]);
        second.step(history[t]);
        REQUIRE(run.all() == second.all());
    }
}

TEST_CASE("a blend stands between its rules, where its weight says, step by step") {
    constexpr auto make = [] { return blend(schedules::linear(0.0, 1.0, 4), momentum_step, inner::update); };
    run_of<modified<make>, double> run;
    run_of<modified<[] { return momentum_step; }>, double> first;
    run_of<inner, double> second;
    const auto history = gradient_history<double>(8);
    for (std::size_t t = 0; t < history.size(); ++t) {
        first.parameters = second.parameters = run.parameters;
        run.step(history[t]);
        first.step(history[t]);
        second.step(history[t]);
        const double weight = std::min(static_cast<double>(t) / 4, 1.0);
        const auto all = run.all(), a = first.all(), b = second.all();
        for (std::size_t i = 0; i < all.size(); ++i)
            CHECK(all[i] == doctest::Approx((1 - weight) * a[i] + weight * b[i]).epsilon(1e-12));
    }
}

TEST_CASE("many modifiers at once are one rule that still finds the minimum") {
    run_of<many> run;
    for (int t = 0; t < 600; ++t) {
        auto gradients = run.parameters;
        for (auto& tensor : gradients)
            for (auto& g : tensor) g -= 0.5f;
        run.step(gradients);
    }
    for (const float x : run.all()) CHECK(x == doctest::Approx(0.5).epsilon(1e-2));
    for (const float x : run.state("weight_ema")) CHECK(x == doctest::Approx(0.5).epsilon(1e-2));
}
