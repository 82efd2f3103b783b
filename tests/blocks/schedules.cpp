#include <furl/zoo/adam.hpp>

#include <support/schedules.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace furl;
using namespace furl::tests;

namespace {

const real pi = std::acos(real(-1));

constexpr double few_roundings = 2e-15;

}  // namespace

TEST_CASE("a schedule has its first value in the first step, t = 1") {
    CHECK(values<[] { return schedules::linear(3.0, 1.0, 4); }>(6) == std::vector{3.0, 2.5, 2.0, 1.5, 1.0, 1.0});
    CHECK(values<[] { return schedules::piecewise_constant(8, 2, 4, 3, 2); }>(5) ==
          std::vector{8.0, 8.0, 4.0, 2.0, 2.0});
    CHECK(values<[] { return schedules::staircase(1.0, 0.5, 2); }>(5) == std::vector{1.0, 1.0, 0.5, 0.5, 0.25});
    CHECK(values<[] { return schedules::constant(7); }>(3) == std::vector{7.0, 7.0, 7.0});
}

TEST_CASE("the curves are their closed forms") {
    CHECK(distance(values<[] { return schedules::linear(0.3, 0.07, 41); }>(60),
                   [](real s) { return 0.3L + (0.07L - 0.3L) * std::fmin(s / 41, 1.0L); }) < few_roundings);
    CHECK(distance(values<[] { return schedules::polynomial(0.3, 0.07, 41, 1.7); }>(60), [](real s) {
              return 0.07L + (0.3L - 0.07L) * std::pow(1 - std::fmin(s / 41, 1.0L), 1.7L);
          }) < few_roundings);
    CHECK(distance(values<[] { return schedules::exponential(0.3, 0.7, 13); }>(60),
                   [](real s) { return 0.3L * std::pow(0.7L, s / 13); }) < few_roundings);
    CHECK(distance(values<[] { return schedules::staircase(0.3, 0.7, 13); }>(60),
                   [](real s) { return 0.3L * std::pow(0.7L, std::floor(s / 13)); }) < few_roundings);
    CHECK(distance(values<[] { return schedules::cosine(0.3, 0.07, 41); }>(60), [](real s) {
              return 0.07L + (0.3L - 0.07L) / 2 * (1 + std::cos(pi * std::fmin(s / 41, 1.0L)));
          }) < few_roundings);
    CHECK(distance(values<[] { return schedules::inverse_sqrt(0.3, 12); }>(60),
                   [](real s) { return 0.3L * std::fmin((s + 1) / 12, std::sqrt(12 / (s + 1))); }) < few_roundings);
}

TEST_CASE("no steps at all is the end of a curve, not a division by zero") {
    CHECK(values<[] { return schedules::linear(3.0, 1.0, 0); }>(2) == std::vector{1.0, 1.0});
    CHECK(values<[] { return schedules::cosine(3.0, 1.0, 0); }>(2) == std::vector{1.0, 1.0});
    CHECK(values<[] { return schedules::linear_warmup(3.0, 0, schedules::constant(2)); }>(2) == std::vector{2.0, 2.0});
    CHECK(values<[] { return schedules::warmup_stable_decay(3.0, 0, 1, 2); }>(4) == std::vector{3.0, 3.0, 1.5, 0.0});
}

TEST_CASE("a cycle that is all warm-up ends at its peak, as PyTorch's OneCycleLR(pct_start=1)") {
    // From a / 25 at s = 0 to a at s = T - 1.
    CHECK(distance(values<[] { return schedules::one_cycle(0.4, 10, 1); }>(10), [](real s) {
              return 0.4L + (0.016L - 0.4L) / 2 * (1 + std::cos(pi * s / 9));
          }) < few_roundings);
    CHECK(distance(values<[] { return schedules::one_cycle_linear(0.4, 10, 1); }>(10),
                   [](real s) { return 0.016L + (0.4L - 0.016L) * s / 9; }) < few_roundings);
    // One that starts at its peak, with no step of warm-up.
    CHECK(distance(values<[] { return schedules::one_cycle_linear(4.0, 5, 0.2, 25.0, 4.0); }>(6),
                   [](real s) { return 4 - 3.96L * std::fmin(s / 4, 1.0L); }) < few_roundings);
}

TEST_CASE("llm.c's warm-up and cosine") {
    // get_learning_rate of its schedulers.h, with final_learning_rate_frac 0.1.
    constexpr auto schedule = [] {
        const auto peak = hyper<"lr">(3e-4);
        const auto warmup = hyper<"warmup">(7);
        const auto total = hyper<"steps">(20);
        return schedules::join(schedules::linear(peak / warmup, peak, warmup - 1), warmup,
                               schedules::cosine(peak, 0.1 * peak, total - warmup));
    };
    const auto llm_c = [](real warmup) {
        return [warmup](real s) {
            if (s < warmup) return 3e-4L * (s + 1) / warmup;
            const real coefficient = 0.5L * (1 + std::cos(pi * (s - warmup) / (20 - warmup)));
            return 3e-5L + coefficient * (3e-4L - 3e-5L);
        };
    };
    CHECK(distance(values<schedule>(20), llm_c(7)) < few_roundings);
    CHECK(distance(values<schedule>(20, [](auto& opt, int) { opt.set("warmup", 1); }), llm_c(1)) < few_roundings);
}

TEST_CASE("pieces are their closed forms, and the next one begins at the step that is named") {
    CHECK(distance(values<[] { return schedules::piecewise_interpolated(0.1, 7, 0.8, 19, 0.2); }>(30), [](real s) {
              return s < 7 ? 0.1L + 0.7L * s / 7 : s < 19 ? 0.8L - 0.6L * (s - 7) / 12 : 0.2L;
          }) < few_roundings);
    CHECK(distance(values<[] { return schedules::piecewise_cosine(0.1, 7, 0.8, 19, 0.2); }>(30), [](real s) {
              return s < 7    ? 0.8L - 0.7L / 2 * (1 + std::cos(pi * s / 7))
                     : s < 19 ? 0.2L + 0.6L / 2 * (1 + std::cos(pi * (s - 7) / 12))
                              : 0.2L;
          }) < few_roundings);
    CHECK(distance(values<[] { return schedules::warmup_stable_decay(0.8, 5, 9, 6, 0.2); }>(30), [](real s) {
              return s < 5 ? 0.8L * s / 5 : s < 14 ? 0.8L : s < 20 ? 0.8L - 0.6L * (s - 14) / 6 : 0.2L;
          }) < few_roundings);
    CHECK(values<[] { return schedules::piecewise_interpolated(4); }>(2) == std::vector{4.0, 4.0});
}

TEST_CASE("after a warm-up or a join the next schedule counts from its own first step") {
    CHECK(values<[] { return schedules::linear_warmup(4.0, 4, schedules::linear(4.0, 0.0, 4)); }>(9) ==
          std::vector{0.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 0.0});
    CHECK(values<[] { return schedules::linear_warmup(4.0, 2, 9.0, 2.0); }>(4) == std::vector{2.0, 3.0, 9.0, 9.0});
    CHECK(values<[] { return schedules::join(step, 2, 10 * step, 5, 100 * step); }>(7) ==
          std::vector{1.0, 2.0, 10.0, 20.0, 30.0, 100.0, 200.0});
    CHECK(values<[] { return schedules::join(step, 1, schedules::join(10 * step, 2, 100 * step), 6, 1000 * step); }>(
              7) == std::vector{1.0, 10.0, 20.0, 100.0, 200.0, 300.0, 1000.0});
    CHECK(values<[] { return schedules::join(5); }>(2) == std::vector{5.0, 5.0});
}

TEST_CASE("warm restarts begin a cycle at its very step, however many there were") {
    const auto restarts = [](int first, int growth) {
        return [growth, begin = real(0), length = real(first)](real s) mutable {
            while (s >= begin + length) {
                begin += length;
                length *= growth;
            }
            return 0.1L + 0.9L / 2 * (1 + std::cos(pi * (s - begin) / length));
        };
    };
    CHECK(distance(values<[] { return schedules::cosine_restarts(1, 0.1, 7); }>(3000), restarts(7, 1)) < 1e-12);
    CHECK(distance(values<[] { return schedules::cosine_restarts(1, 0.1, 1, 2); }>(9000), restarts(1, 2)) < 1e-13);
    CHECK(distance(values<[] { return schedules::cosine_restarts(1, 0.1, 3, 2); }>(9000), restarts(3, 2)) < 1e-13);
    constexpr auto growing = [] { return schedules::cosine_restarts(1, 0.1, 5, hyper<"growth">(3.0)); };
    CHECK(distance(values<growing>(9000), restarts(5, 3)) < 1e-13);
    const auto constant_length = [](auto& opt, int) { opt.set("growth", 1); };
    CHECK(distance(values<growing>(3000, constant_length), restarts(5, 1)) < 1e-12);
}

TEST_CASE("one cycle ends at its last step and stays there") {
    const auto rates = values<[] { return schedules::one_cycle(1, 40); }>(60);
    for (std::size_t s = 39; s < rates.size(); ++s) CHECK(rates[s] == doctest::Approx(1 / 25.0 / 1e4).epsilon(1e-14));
}

TEST_CASE("a schedule of epochs is a schedule whose step is replaced") {
    constexpr auto two_steps_an_epoch = [] {
        return replace(schedules::join(schedules::linear(3.0, 1.0, 2), 2, 7), step, floor((step - 1) / 2) + 1);
    };
    CHECK(values<two_steps_an_epoch>(6) == std::vector{3.0, 3.0, 2.0, 2.0, 7.0, 7.0});
}

TEST_CASE("arguments can be hyperparameters, changed between steps") {
    constexpr auto line = [] { return schedules::linear(hyper<"from">(8.0), hyper<"to">(0.0), hyper<"steps">(4.0)); };
    const auto changed = values<line>(6, [](auto& opt, int t) {
        if (t == 3) opt.set("steps", 8);
        if (t == 5) opt.set("from", 16);
        if (t == 6) opt.set("to", -1);
    });
    CHECK(changed == std::vector{8.0, 6.0, 6.0, 5.0, 8.0, 16 - 17 * 5 / 8.0});

    constexpr auto trapezoid = [] {
        return schedules::warmup_stable_decay(hyper<"peak">(2.0), 2, hyper<"stable">(1e9), 4);
    };
    const auto stopped = values<trapezoid>(8, [](auto& opt, int t) {
        if (t == 5) opt.set("stable", 2);  // the decay starts when the run says so
    });
    CHECK(stopped == std::vector{0.0, 1.0, 2.0, 2.0, 2.0, 1.5, 1.0, 0.5});
}

namespace {

struct scheduled_momentum {
    static constexpr auto peak = hyper<"lr">(0.25);
    static constexpr auto lr = schedules::linear_warmup(peak, 2, schedules::cosine(peak, 0.0, 4));
    static constexpr auto mu = schedules::linear(0.5, 0.0, 2);
    static constexpr auto b = momentum<"b">(grad, mu);
    static constexpr auto update = param - lr * b;
};

static_assert(in_the_loop(cost<scheduled_momentum>) == [] {
    cost_table c;
    c.passes = 1;
    c.loads = 3;
    c.stores = 2;
    c.bytes_per_parameter = 20;
    c.fused = 2;
    c.states = 1;
    return c;
}());

}  // namespace

namespace {

struct cooling_adam : zoo::adam {
    static constexpr auto update = replace(zoo::adam::update, lr, schedules::linear(lr, 0.0, 4));
};

// By hand, for comparison.
struct cooling_by_hand : zoo::adam {
    static constexpr auto rate = schedules::linear(lr, 0.0, 4);
    static constexpr auto update = param - rate * direction;
};

static_assert(in_the_loop(cost<cooling_adam>) == in_the_loop(cost<zoo::adam>));

}  // namespace

TEST_CASE("a schedule takes the place of a hyperparameter in a rule that is there already, to the bit") {
    optimizer<cooling_adam> opt(2);
    optimizer<cooling_by_hand> by_hand(2);
    opt[cooling_adam::lr] = by_hand[cooling_by_hand::lr] = 0.5;
    std::vector<float> w{1, -2}, same = w;
    for (int t = 1; t <= 6; ++t) {
        const std::vector<float> g{0.3f * static_cast<float>(t), -1};
        const auto before = w;
        opt.step(w, g);
        by_hand.step(same, g);
        CHECK(w == same);
        CHECK((w == before) == (t > 4));
    }
}

TEST_CASE("any hyperparameter of a rule can be a schedule, and its peak is changed at run time") {
    optimizer<scheduled_momentum> opt(1);
    opt[scheduled_momentum::peak] = 0.5;
    std::vector<float> w{0}, g{1};
    std::vector<float> path;
    for (int t = 1; t <= 4; ++t) {
        opt.step(w, g);
        path.push_back(w[0]);
    }
    const float fourth = static_cast<float>(0.25 * (1 + std::cos(std::acos(-1.0) / 4)));
    CHECK(path == std::vector{0.0f, -0.25f * 1.25f, -0.25f * 1.25f - 0.5f, -0.25f * 1.25f - 0.5f - fourth});
}
