// Each warning of furl::numerics: a run does what it says, and one without the warning does not.

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/optimizer/numerics.hpp>
#include <furl/print/explain.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <string_view>
#include <vector>

using namespace furl;

namespace {

using warning = numerics_warning;

constexpr auto lr = hyper<"lr">(1e-3);
constexpr auto beta = hyper<"beta">(0.999);
constexpr auto eps = hyper<"eps">(1e-8);
constexpr auto shrink = hyper<"weight_decay">(0.01);

// A second moment.
struct averaging {
    static constexpr auto v = ema<"v">(square(grad), beta);
    static constexpr auto update = param - lr * v;
};

// A sum of squares.
struct summing {
    static constexpr auto s = accumulate<"s">(square(grad));
    static constexpr auto update = param - lr * grad / (sqrt(s) + 1e-10);
};

// Adam.
struct dividing {
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto v = ema<"v">(square(grad), beta);
    static constexpr auto update = param - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};

// A state that a constant keeps from 0.
struct lifted {
    static constexpr auto s = state<"s">(0.0, [](auto old) { return 0.5 * old + square(grad) + eps; });
    static constexpr auto update = param - lr * grad / s;
};

struct descending {
    static constexpr auto update = param * (1 - lr * shrink) - lr * grad;
};

// Averages that no block makes, and a maximum, which is none.
struct other_forms {
    static constexpr auto a = state<"a">(0.0, [](auto old) { return old + (1 - beta) * (grad - old); });
    static constexpr auto b = state<"b">(0.0, [](auto old) { return lerp(old, grad, 1 - beta); });
    static constexpr auto c = state<"c">(0.0, [](auto old) { return -((grad - old * beta * 2) / 2); });
    static constexpr auto d = state<"d">(0.0, [](auto old) { return select(grad > 0, old * beta, old * beta + grad); });
    static constexpr auto largest = state<"largest">(0.0, [](auto old) { return max(old * beta, abs(grad)); });
    static constexpr auto slow = state<"slow">(param, [](auto old) { return pow(1 - 1 / step, 1) * old + param / step; });
    static constexpr auto update = param - lr * (a + b + c + d + largest + slow);
};

// States whose sizes no recurrence of the old value tells: one grows for ever, one is a divisor of itself.
struct growing {
    static constexpr auto twice = state<"twice">(1.0, [](auto old) { return 2 * old + grad; });
    static constexpr auto length = state<"length">(1.0, [](auto old) { return sqrt(square(old) + square(lr * grad / old)); });
    static constexpr auto update = param - lr * grad / (twice * length);
};

// Steps that become 0 at the end of a schedule.
struct ending {
    static constexpr auto update = param - max(1 - step / 1000, 1e-12) * grad;
};

// Steps of a length that is unknown, and known.
struct scaled_by_input {
    static constexpr auto update = param - 1e-9 * grad * input<"scale">;
};
struct scaled_by_number {
    static constexpr auto update = param - 1e-9 * grad;
};

using nearest_states = storage<states_as<bfloat16>>;
using random_states = storage<states_as<stochastic<bfloat16>>>;
using half_states = storage<states_as<float16>>;

// The first value of a state, after steps with this gradient.
template <class Optimizer>
float state_after(Optimizer& opt, std::string_view name, int steps, float gradient) {
    std::vector<float> w(8, 1), g(8, gradient);
    for (int t = 0; t < steps; ++t) opt.step(w, g);
    return opt.read_state(name)[0];
}

// What the last of some steps takes from a weight.
template <class Optimizer>
double last_step(Optimizer& opt, int steps, float gradient) {
    std::vector<float> w(8), g(8, gradient);
    for (int t = 0; t < steps; ++t) {
        w.assign(8, 0);
        opt.step(w, g);
    }
    return -static_cast<double>(w[0]);
}

// A weight of 1.5 in bfloat16, after steps.
template <class Optimizer>
float weight_after(Optimizer& opt, int steps, float gradient) {
    std::vector<bfloat16> w(8, bfloat16(1.5f));
    std::vector<float> g(8, gradient);
    for (int t = 0; t < steps; ++t) opt.step(w, g);
    return w[0];
}

}  // namespace

TEST_CASE("a second moment in bfloat16 no longer decays exactly where numerics says so") {
    for (const double b : {0.9, 0.99, 0.995, 0.997, 0.999, 0.9999}) {
        optimizer<averaging, float, nearest_states> opt(8);
        state_after(opt, "v", 1, 1000);
        opt[beta] = b;
        const bool warns = numerics(opt).warns(warning::average_stalls, "v");
        CAPTURE(b);
        CHECK(warns == (b > 0.996));
        CHECK((state_after(opt, "v", 30000, 0) > 0) == warns);
    }
}

TEST_CASE("rounded at random it decays, and there is no warning") {
    optimizer<averaging, float, random_states> opt(8);
    CHECK(numerics(opt).warnings.empty());
    const float before = state_after(opt, "v", 1, 1000);
    const float after = state_after(opt, "v", 1000, 0);
    CHECK(after < 0.5f * before);  // 0.999^1000 is 0.37
    CHECK(after > 0.25f * before);
}

TEST_CASE("an average is found by its recurrence, not by the block that made it") {
    constexpr auto report = numerics<other_forms, nearest_states>();
    for (auto name : {"a", "b", "c", "d", "slow"}) {
        CAPTURE(name);
        CHECK(report.warns(warning::average_stalls, name));
    }
    CHECK_FALSE(report.warns(warning::average_stalls, "largest"));
    CHECK_FALSE(numerics<other_forms, nearest_states>({.step = 100}).warns(warning::average_stalls, "slow"));
}

TEST_CASE("a sum in bfloat16 stops growing where numerics says so") {
    static_assert(numerics<summing, nearest_states>().warns(warning::sum_stalls, "s"));
    optimizer<summing, float, nearest_states> opt(8);
    CHECK(state_after(opt, "s", 1000, 1) == 256);
    CHECK(numerics(opt).warnings[0].value == 256);

    static_assert(numerics<summing>().warnings.empty());
    optimizer<summing> exact(8);
    CHECK(state_after(exact, "s", 1000, 1) == 1000);
}

TEST_CASE("squares of gradients underflow and overflow in float16 where numerics says so") {
    optimizer<averaging, float, half_states> opt(8);
    const auto report = numerics(opt);
    CHECK(report.warns(warning::underflows, "v"));
    CHECK(report.warns(warning::overflows, "v"));
    const auto& v = report.kept[1];
    CHECK(v.name == "v");
    const auto after = [&](double gradient) {
        opt.reset();
        return state_after(opt, "v", 20000, static_cast<float>(gradient));
    };
    CHECK(after(0.98 * v.smallest_gradient) == 0);
    CHECK(after(1.02 * v.smallest_gradient) > 0);
    // To the nearest an average does not reach its limit.
    opt[beta] = 0.5;
    const double largest = numerics(opt).kept[1].largest_gradient;
    CHECK(largest == doctest::Approx(256).epsilon(0.001));
    CHECK(std::isfinite(after(0.98 * largest)));
    CHECK(std::isinf(after(1.02 * largest)));
}

TEST_CASE("bfloat16 has the range of float, which denormals do not extend") {
    constexpr auto report = numerics<averaging, nearest_states>();
    static_assert(!report.warns(warning::underflows, "v") && !report.warns(warning::overflows, "v"));
    for (const bool below : {true, false}) {
        optimizer<averaging, float, nearest_states> opt(8);
        CHECK((state_after(opt, "v", 1, static_cast<float>((below ? 0.98 : 1.02) * report.kept[1].smallest_gradient)) == 0) == below);
    }
    constexpr auto kept = numerics<averaging, keep_denormals>().kept[1], flushed = numerics<averaging>().kept[1];
    CHECK(kept.smallest_gradient < 0.001 * flushed.smallest_gradient);
}

TEST_CASE("where a second moment underflows, a step is as many times too long as numerics says") {
    optimizer<dividing, float, storage<state_as<"v", float16>>> opt(8);
    optimizer<dividing> exact(8);
    const auto report = numerics(opt);
    REQUIRE(report.warns(warning::step_grows, "param"));
    const auto& found = report.warnings[report.warnings.size() - 1];
    const auto gradient = static_cast<float>(found.limit);
    CHECK(last_step(opt, 1000, gradient) / last_step(exact, 1000, gradient) == doctest::Approx(found.value).epsilon(0.01));

    // Gradients from 0.02 on are kept.
    const expected_run large{.smallest_gradient = 0.02, .largest_gradient = 100};
    CHECK(numerics(opt, large).warnings.empty());
    opt.reset();
    exact.reset();
    CHECK(last_step(opt, 1000, 0.02f) / last_step(exact, 1000, 0.02f) == doctest::Approx(1).epsilon(0.2));
}

TEST_CASE("an eps that is 0 in float does not keep a quotient from being 0 / 0") {
    optimizer<dividing> opt(8);
    CHECK(numerics(opt).warnings.empty());
    CHECK(last_step(opt, 1, 0) == 0);

    opt.reset();
    opt[eps] = 1e-40;
    CHECK(numerics(opt).warns(warning::constant_vanishes, "eps"));
    CHECK(std::isnan(last_step(opt, 1, 0)));
    CHECK(numerics<dividing, double>().warnings.empty());
}

TEST_CASE("eps changes nothing for gradients above those that numerics names") {
    optimizer<dividing> opt(8);
    const auto eps_of_adam = numerics(opt).constants[0];
    CHECK(eps_of_adam.name == "eps");
    const auto step_with = [&](double value, double gradient) {
        opt.reset();
        opt[eps] = value;
        return last_step(opt, 1000, static_cast<float>(gradient));
    };
    const double above = 1.1 * eps_of_adam.largest_gradient, below = 0.1 * eps_of_adam.largest_gradient;
    CHECK(step_with(1e-8, above) == step_with(0, above));
    CHECK(step_with(1e-8, below) != step_with(0, below));
}

TEST_CASE("a constant that keeps a state from 0 may be 0 in its format") {
    optimizer<lifted, float, half_states> opt(8);
    CHECK(numerics(opt).warns(warning::constant_vanishes, "s"));
    CHECK(state_after(opt, "s", 10, 0) == 0);

    opt[eps] = 1e-6;
    CHECK_FALSE(numerics(opt).warns(warning::constant_vanishes, "s"));
    CHECK(state_after(opt, "s", 10, 0) > 0);
}

TEST_CASE("steps and weight decay are lost in weights of bfloat16 where numerics says so") {
    optimizer<descending, float, storage<param_as<bfloat16>>> opt(8);
    const expected_run of_ones{.smallest_gradient = 1, .largest_gradient = 1};
    const auto warns = [&](warning kind) { return numerics(opt, of_ones).warns(kind, "param"); };
    CHECK(warns(warning::step_is_lost));
    CHECK(weight_after(opt, 1000, 1) == 1.5f);
    CHECK(warns(warning::decay_is_lost));
    CHECK(weight_after(opt, 1000, 0) == 1.5f);

    opt[lr] = 0.1;
    CHECK_FALSE(warns(warning::step_is_lost));
    CHECK(weight_after(opt, 1, 1) < 1.5f);
    CHECK(warns(warning::decay_is_lost));
    opt[shrink] = 0.1;
    CHECK_FALSE(warns(warning::decay_is_lost));
    CHECK(weight_after(opt, 1, 0) < 1.5f);
}

TEST_CASE("no step is lost in weights with more bits beside them") {
    optimizer<descending, float, storage<param_as<split<bfloat16>>>> opt(8);
    CHECK(numerics(opt).warnings.empty());
    CHECK(weight_after(opt, 1000, 1) < 1);
    CHECK(numerics<descending, storage<param_as<master<bfloat16>>>>().warnings.empty());
    CHECK(numerics<descending, storage<param_as<stochastic<bfloat16>>>>().warnings.empty());
    CHECK(numerics<descending, storage<param_as<compensated<bfloat16>>>>().kept[0].smallest_change == 0x1p-17);
}

TEST_CASE("nothing is said about a step whose length depends on data of unknown size") {
    CHECK(numerics<scaled_by_input>().warnings.empty());
    CHECK(numerics<scaled_by_number>().warns(warning::step_is_lost, "param"));
}

TEST_CASE("a report says how each state is kept, and each warning in a line") {
    CHECK(in_words(numerics<dividing, storage<param_as<bfloat16>, state_as<"m", block8>, state_as<"v", float16>>>()) ==
          R"(param: bfloat16, keeps changes from 0.00391 of it
m: block8, keeps any change in the mean, gradients from 1.18e-37 to 1.22e+33
v: float16, keeps changes from 0.000488 of it, gradients from 0.00546 to 256
eps: 1e-08 changes nothing for gradients above 0.336
warning: param: a step of 0.001 is lost at a weight of 1: bfloat16 rounds away what is below 0.00391
warning: v: keeps nothing of gradients below 0.00546, in float16
warning: v: is infinite for gradients above 256, in float16
warning: param: a step is 25.1 times too long for gradients of 0.00273, because a state underflows
)");
}

TEST_CASE("nothing is said about the range of a state that grows for ever") {
    constexpr auto report = numerics<growing, half_states>();
    CHECK(report.kept[1].name == "twice");
    CHECK(report.kept[1].largest_gradient == 0);
    for (const auto& w : report.warnings) CHECK(w.kind == warning::step_is_lost);
    static_assert(!numerics<growing>().warns(warning::overflows, "length"));
}

TEST_CASE("functions of numbers in constant expressions are those of the library") {
    const auto agrees = [](double given, double wanted) { CHECK(given == doctest::Approx(wanted).epsilon(1e-12)); };
    for (const double x : {1e-310, 1e-30, 0.1, 0.999, 1.0, 1.5, 3.0, 20.0, 1e5, 1e200}) {
        CAPTURE(x);
        agrees(detail::log_of(x), std::log(x));
        agrees(detail::pow_of(x, 0.5), std::sqrt(x));
        if (x < 700) agrees(detail::exp_of(-x), std::exp(-x));
        if (x < 700) agrees(detail::exp_of(x), std::exp(x));
        if (x < 100) CHECK(detail::cos_of(x) == doctest::Approx(std::cos(x)).epsilon(1e-11));
    }
    agrees(detail::pow_of(0.999, 1000), std::pow(0.999, 1000));
    agrees(detail::pow_of(-2, 3), -8);
    CHECK(detail::floor_of(-1.5) == -2);
    CHECK(detail::pow_of(0, 2) == 0);
}

TEST_CASE("explain ends with the warnings, if there are any") {
    const auto text = explain<scaled_by_number>();
    CHECK(text.ends_with("\nwarnings\n  param: a step of 3.16e-11 is lost at a weight of 1: float rounds away what is below 5.96e-08\n"));
    CHECK(explain<scaled_by_number, double>().find("warnings") == std::string::npos);

    CHECK(numerics<ending>().warns(warning::step_is_lost, "param"));
    CHECK(numerics<ending>({.step = 500}).warnings.empty());
    CHECK(explain<ending>().find("warnings") == std::string::npos);
}
