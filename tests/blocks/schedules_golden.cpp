#include <support/golden_schedules.hpp>
#include <support/schedules.hpp>

#include <doctest/doctest.h>

using namespace furl;
using namespace furl::tests;

namespace {

double golden_distance(const std::vector<double>& values, const char* name) {
    const auto& wanted = golden_schedules().at(name).rows.at(0);
    REQUIRE(values.size() == wanted.size());
    return distance(values, [&](real s) { return static_cast<real>(wanted[static_cast<std::size_t>(s)]); });
}

constexpr double recurrence = 1e-13;  // some of PyTorch's schedules are products of many factors

}  // namespace

TEST_CASE("schedules follow PyTorch's, step by step") {
    CHECK(golden_distance(values<[] { return schedules::linear(0.025, 0.1, 10); }>(15), "linear") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::linear(0.1, 0.01, 7); }>(15), "linear_down") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::polynomial(0.1, 0, 12, 2.5); }>(15), "polynomial") <
          recurrence);
    CHECK(golden_distance(values<[] { return schedules::exponential(0.1, 0.9); }>(30), "exponential") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::staircase(0.1, 0.3, 7); }>(30), "staircase") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::piecewise_constant(0.1, 5, 0.01, 12, 1e-3, 13, 1e-4); }>(20),
                          "piecewise_constant") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::cosine(0.1, 1e-3, 20); }>(21), "cosine") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::cosine_restarts(0.1, 1e-3, 6); }>(40), "cosine_restarts") <
          recurrence);
    CHECK(golden_distance(values<[] { return schedules::cosine_restarts(0.1, 1e-4, 3, 2); }>(200),
                          "cosine_restarts_2") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::cosine_restarts(0.1, 0.0, 4, 3); }>(200), "cosine_restarts_3") <
          recurrence);
    CHECK(golden_distance(values<[] { return schedules::one_cycle(0.1, 50); }>(50), "one_cycle") < recurrence);
    CHECK(golden_distance(values<[] { return schedules::one_cycle(0.1, 37, 0.45, 7, 33); }>(37), "one_cycle_other") <
          recurrence);
    CHECK(golden_distance(values<[] { return schedules::one_cycle_linear(0.1, 50); }>(50), "one_cycle_linear") <
          recurrence);
    constexpr auto warmup = [] { return schedules::linear_warmup(0.1, 5, schedules::cosine(0.1, 1e-3, 20), 0.02); };
    CHECK(golden_distance(values<warmup>(26), "warmup_cosine") < recurrence);
    constexpr auto three = [] {
        return schedules::join(schedules::linear(0.02, 0.1, 5), 8, schedules::exponential(0.1, 0.9), 17,
                               schedules::staircase(0.1, 0.5, 4));
    };
    CHECK(golden_distance(values<three>(30), "join") < recurrence);
}
