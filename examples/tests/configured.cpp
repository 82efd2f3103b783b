#include "support/configured.hpp"

#include <doctest/doctest.h>

#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sgd.hpp>

#include <cmath>
#include <numbers>
#include <vector>

namespace {

using examples::configured;
using examples::schedule;
using furl::zoo::adam, furl::zoo::adamw, furl::zoo::sgd;

/// Where twenty steps lead.
template <class Rule>
std::vector<double> trained(double weight_decay) {
    furl::optimizer<Rule, double> opt(3);
    if (weight_decay > 0) opt.set("weight_decay", weight_decay);
    std::vector<double> x{1, -2, 3}, gradient(3);
    for (int t = 1; t <= 20; ++t) {
        for (std::size_t i = 0; i < 3; ++i) gradient[i] = x[i] - t % 3;
        opt.step(x, gradient);
    }
    return x;
}

/// The learning rate of a step.
double at(int step, schedule kind, double warmup = 0) {
    furl::optimizer<configured<sgd>, double> opt(1);
    opt.set("lr", 0.5);
    opt.set("schedule", static_cast<double>(kind));
    opt.set("steps", 100);
    opt.set("warmup", warmup);
    opt.set_step_count(step - 1);
    std::vector<double> x{0}, gradient{-1};
    opt.step(x, gradient);
    return x[0];
}

TEST_CASE("what is not asked for changes no bit") { CHECK(trained<configured<adam>>(0) == trained<adam>(0)); }

TEST_CASE("the schedules that are chosen at run time are those of furl") {
    for (const int t : {1, 2, 50, 100}) {
        const double done = (t - 1) / 100.0;
        CHECK(at(t, schedule::constant) == 0.5);
        CHECK(at(t, schedule::linear) == doctest::Approx(0.5 * (1 - done)));
        CHECK(at(t, schedule::cosine) == doctest::Approx(0.25 * (1 + std::cos(std::numbers::pi * done))));
        CHECK(at(t, schedule::staircase) == doctest::Approx(0.5 * std::pow(0.1, std::floor(3 * done))));
    }
    CHECK(at(1, schedule::one_cycle) == doctest::Approx(0.02));
    CHECK(at(30, schedule::one_cycle) == doctest::Approx(0.5));
}

TEST_CASE("warm-up grows in a line to the scheduled rate") {
    CHECK(at(1, schedule::constant, 10) == doctest::Approx(0.05));
    CHECK(at(10, schedule::constant, 10) == doctest::Approx(0.5));
    CHECK(at(50, schedule::linear, 10) == at(50, schedule::linear));
}

TEST_CASE("the gradient is clipped by its norm, over all tensors") {
    furl::optimizer<configured<sgd>, double> opt({1, 1});
    opt.set("lr", 1);
    opt.set("clip", 1);
    std::vector<double> x{0}, y{0}, gradient_x{3}, gradient_y{4};
    opt.step({x, y}, {gradient_x, gradient_y});
    CHECK(x[0] == doctest::Approx(-0.6));
    CHECK(y[0] == doctest::Approx(-0.8));
}

TEST_CASE("weight decay is the rule's own, or decoupled") {
    CHECK(furl::optimizer<configured<adamw>>(3).get("weight_decay") == 0.01);
    CHECK(trained<configured<adam>>(0.1) == trained<adamw>(0.1));
}

}  // namespace
