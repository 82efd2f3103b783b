#include "support/rate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

namespace {

using examples::learning_rate;
using examples::schedule;

double at(int step, schedule kind, double warmup = 0) {
    learning_rate rate(kind, 0.5, 100, warmup);
    double value = 0;
    for (int t = 1; t <= step; ++t) value = rate.next();
    return value;
}

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

TEST_CASE("a learning rate goes on where a training stopped") {
    learning_rate rate(schedule::cosine, 0.5, 100, 0, 49);
    CHECK(rate.next() == at(50, schedule::cosine));
}

}  // namespace
