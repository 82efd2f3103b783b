#include <furl/zoo/adam.hpp>

#include <support/golden_schedules.hpp>
#include <support/schedules.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

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

namespace {

// Many schedules in one rule compile in the time of one.
struct cycles {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto update =
        param - grad * (let<"constant">(schedules::piecewise_constant(0.3 * lr, 4, lr)) +
                        let<"lambda">(lr / (1 + 0.5 * (step - 1))) +
                        let<"cosine_wave">(schedules::cosine_wave(lr, 1e-3, 12)) +
                        let<"triangular">(schedules::triangular(0.01, lr, 7)) +
                        let<"triangular_uneven">(schedules::triangular(0.01, 0.1, 3, 8)) +
                        let<"triangular2">(schedules::triangular2(0.01, lr, 5, 4)) +
                        let<"exp_range">(schedules::exp_range(0.01, 0.1, 0.97, 5, 6)) +
                        let<"momentum triangular">(schedules::triangular(0.9, 0.8, 3, 8)));
};

struct one_cycles {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto update =
        param -
        grad * (let<"one_cycle_three_phase">(schedules::one_cycle_three_phase(lr, 50)) +
                let<"one_cycle_three_phase_linear">(schedules::one_cycle_three_phase_linear(0.1, hyper<"steps">(50))) +
                let<"momentum one_cycle">(schedules::one_cycle_momentum(50)) +
                let<"momentum one_cycle_linear">(schedules::piecewise_interpolated(0.95, 0.3 * 50 - 1, 0.85, 50 - 1, 0.95)) +
                let<"momentum one_cycle_three_phase">(schedules::one_cycle_three_phase_momentum(50)) +
                let<"momentum one_cycle_three_phase_linear">(
                    schedules::piecewise_interpolated(0.95, 0.3 * 50 - 1, 0.85, 2 * (0.3 * 50 - 1), 0.95)));
};

struct other_one_cycles {
    static constexpr auto update =
        param - grad * (let<"one_cycle_three_phase_other">(schedules::one_cycle_three_phase(0.1, 37, 0.45, 7, 33)) +
                        let<"momentum one_cycle_other">(schedules::one_cycle_momentum(37, 0.45, 0.8, 0.99)));
};

struct chains {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto factor = state<"factor">(1.0, [](auto old) { return select(step > 1, old * (1 - 0.5 / step), old); });
    static constexpr auto update =
        param - grad * (let<"chained">(lr * schedules::piecewise_constant(0.1, 6, 1) * schedules::exponential(1.0, 0.9)) +
                        let<"multiplicative">(lr * factor) +
                        let<"swa">(schedules::swa_annealing(schedules::exponential(lr, 0.95), hyper<"start">(12), 0.02, 8)) +
                        let<"swa_linear">(schedules::swa_annealing_linear(schedules::exponential(0.1, 0.95), 12, 0.2, 8)));
};

// llm.c counts its steps from 0, furl from 1: its (step + 1) / warmup is step / warmup.
struct llm_c {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto update =
        param - grad * let<"llm_c">(schedules::join(lr * step / 7, 7, schedules::cosine(lr, 0.1 * lr, 60 - 7)));
};

// Each named value of the rule, that is one per step, against the golden values of its name.
template <class Rule>
int follows_golden_values() {
    static_assert(cost<Rule>.passes == 1 && cost<Rule>.bytes_per_parameter == 12);
    reference<Rule> opt(1);
    std::vector<double> w(1), g(1);
    std::map<std::string, std::vector<double>> found;
    for (int t = 1; t <= 60; ++t) {
        opt.step(w, g);
        for (const auto& value : opt.info().values) found[std::string(value)].push_back(opt.value(value));
    }
    for (auto& run : found) {
        CAPTURE(run.first);
        run.second.resize(golden_schedules().at(run.first).rows.at(0).size());
        CHECK(golden_distance(run.second, run.first.c_str()) < recurrence);
    }
    return static_cast<int>(found.size());
}

}  // namespace

TEST_CASE("cycles, waves, chains and the momentum of a cycle follow PyTorch's, step by step") {
    CHECK(follows_golden_values<cycles>() == 8);
    CHECK(follows_golden_values<one_cycles>() == 6);
    CHECK(follows_golden_values<other_one_cycles>() == 2);
    CHECK(follows_golden_values<chains>() == 4);
}

TEST_CASE("llm.c's warm-up and cosine follow it, step by step") { CHECK(follows_golden_values<llm_c>() == 1); }

namespace {

struct cycled_adam : zoo::adam {
    static constexpr auto with_rate = replace(zoo::adam::update, lr, schedules::one_cycle(lr, 50));
    static constexpr auto update = replace(with_rate, beta1, schedules::one_cycle_momentum(50));
};

}  // namespace

TEST_CASE("Adam with a cycle of lr and of beta1 takes the steps of PyTorch's, which corrects by today's beta1") {
    const auto& rates = golden_schedules().at("one_cycle").rows.at(0);
    const auto& betas = golden_schedules().at("momentum one_cycle").rows.at(0);
    reference<cycled_adam> opt(1);
    opt[cycled_adam::lr] = 0.1;
    std::vector<double> w{1};
    double expected = 1, m = 0, v = 0;
    for (int t = 1; t <= 50; ++t) {
        const double g = std::sin(3.0 * t) + 0.3, b1 = betas[static_cast<std::size_t>(t - 1)];
        opt.step(w, std::vector<double>{g});
        m = b1 * m + (1 - b1) * g;
        v = 0.999 * v + 0.001 * g * g;
        expected -= rates[static_cast<std::size_t>(t - 1)] / (1 - std::pow(b1, t)) * m /
                    (std::sqrt(v) / std::sqrt(1 - std::pow(0.999, t)) + 1e-8);
        CHECK(w[0] == doctest::Approx(expected).epsilon(1e-12));
    }
}
