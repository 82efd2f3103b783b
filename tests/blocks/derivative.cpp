#include <furl/blocks/blocks.hpp>
#include <furl/blocks/derivative.hpp>
#include <furl/blocks/hypergradient_descent.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/program/cost.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/lion.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/rmsprop.hpp>

#include <support/compare.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

// Derivatives beside central differences of the same rule in double.
using namespace furl;
using namespace furl::tests;

namespace {

using row = std::vector<double>;
using rows_of = std::vector<row>;

// Returns one of the expressions, by its number at run time.
template <class Which, class X>
constexpr auto choose(const Which&, int, const X& last) {
    return last;
}
template <class Which, class X, class... More>
constexpr auto choose(const Which& which, int number, const X& first, const More&... more) {
    return select(which == number, first, choose(which, number + 1, more...));
}

constexpr auto h = hyper<"h">(0.1);
constexpr auto which = hyper<"which">(0.0);

// Each function of numbers, of operands that depend on h.
struct functions {
    static constexpr int count = 37;
    static constexpr auto a = let<"a">(param + h * h);
    static constexpr auto b = let<"b">(grad - 2 * h);
    static constexpr auto c = let<"c">(param * grad * (1 + h));
    static constexpr auto x = let<"x">(a - 1);  // of either sign

    static constexpr auto update = choose(
        which, 0, a + b, a - b, a* b, a / b, -a, square(x), cube(x), sqrt(a), rsqrt(a), cbrt(x), abs(x), sign(x) * a,
        floor(10 * x) * a, exp(x), expm1(x), log(a), log1p(a), tanh(x), sigmoid(x), sin(x), cos(x), random(7, 1) * a,
        copysign(x, b - 0.5), min(a, b), max(a, b), pow(a, b), pow(a, 2), pow(a, -1), pow(2, b), atan2(x, b),
        clamp(x, -b, c), lerp(a, b, c), select(a < b, a, c), select(x > 0 && a < b, 1, x), let<"named">(a* c),
        3 * a - 2 / b + 1, previous(state<"s">(1.0, [](auto old) { return old * a; })) * b);
};

// Each reduction; some of values that depend on h in the same way everywhere, in a row, or in a column.
struct operands {
    static constexpr auto a = let<"a">(param + h * grad);
    static constexpr auto b = let<"b">(grad - h * cube(param));
};

struct reductions : operands {
    static constexpr int count = 7;
    static constexpr auto update = choose(which, 0, sum(grad + h), mean(exp(a)), dot(h, b), norm(a), norm1(a),
                                          max_abs(a), select(global(all_finite(a)), a, b));
};

struct reductions_of_lines : operands {
    static constexpr int count = 3;
    static constexpr auto update = choose(which, 0, per_row(sum(grad * 0 + h)) + per_column(max_abs(b)),
                                          sum(per_row(norm(a)) + h), global(mean(per_column(dot(a, b)) + h)));
};

template <class Rule>
struct slopes {
    static constexpr auto update = partial_derivative(Rule::update, h);
};

// A rule's update at h = 0.1 + shift, for expression `number` of it.
template <class Rule>
row update_of(int number, double shift) {
    reference<Rule> opt(std::vector<shape>{{3, 4}, {2, 5}});
    opt.set("h", 0.1 + shift);
    opt.set("which", number);
    row w1 = normal_values<double>(12, 5), w2 = normal_values<double>(10, 6), g1 = normal_values<double>(12, 7),
        g2 = normal_values<double>(10, 8);
    if constexpr (std::is_same_v<Rule, functions> || std::is_same_v<Rule, slopes<functions>>)
        for (auto* values : {&w1, &w2, &g1, &g2})
            for (auto& x : *values) x = 0.4 + std::fabs(x);  // logarithms and roots are of these
    rows_of w{w1, w2};
    const rows_of g{g1, g2};
    opt.step(w, g);
    w[0].insert(w[0].end(), w[1].begin(), w[1].end());
    return w[0];
}

template <class Rule>
void check_slopes() {
    for (int number = 0; number < Rule::count; ++number) {
        CAPTURE(number);
        const auto slope = update_of<slopes<Rule>>(number, 0), above = update_of<Rule>(number, 1e-5),
                   below = update_of<Rule>(number, -1e-5);
        for (std::size_t i = 0; i < slope.size(); ++i) {
            CAPTURE(i);
            CHECK(slope[i] == doctest::Approx((above[i] - below[i]) / 2e-5).epsilon(1e-7));
        }
    }
}

TEST_CASE("the derivative of each function of numbers is its central difference") { check_slopes<functions>(); }

TEST_CASE(
    "the derivative of each reduction is its central difference, however few values its operand's derivative has") {
    check_slopes<reductions>();
    check_slopes<reductions_of_lines>();
}

// A rule with its derivative with respect to a hyperparameter.
template <class Rule, const auto& Hyper>
struct watched : Rule {
    static constexpr auto z = derivative<Rule>(Hyper);
    static constexpr auto update = with(Rule::update, z);
};

struct end_of_run {
    row parameters, derivatives;
};

// A run with gradients that do not depend on the parameters.
template <class Rule, const auto& Hyper>
end_of_run run(double shift, int steps) {
    using rule = watched<Rule, Hyper>;
    reference<rule> opt({7, 3});
    opt[Hyper] = opt[Hyper] + shift;
    rows_of w{normal_values<double>(7, 1), normal_values<double>(3, 2)};
    for (int t = 0; t < steps; ++t) {
        const auto seed = static_cast<unsigned>(10 * t);
        opt.step(w, rows_of{normal_values<double>(7, 3 + seed), normal_values<double>(3, 4 + seed)});
    }
    end_of_run result{w[0], {}};
    result.parameters.insert(result.parameters.end(), w[1].begin(), w[1].end());
    for (std::size_t i = 0; i < 2; ++i)
        for (double z : opt.state(rule::z, i)) result.derivatives.push_back(z);
    return result;
}

template <class Rule, const auto& Hyper>
void check_along_a_run(double epsilon = 1e-6) {
    const auto at = run<Rule, Hyper>(0, 12), above = run<Rule, Hyper>(epsilon, 12),
               below = run<Rule, Hyper>(-epsilon, 12);
    double largest = 0;
    for (std::size_t i = 0; i < at.parameters.size(); ++i) {
        CAPTURE(i);
        CHECK(at.derivatives[i] ==
              doctest::Approx((above.parameters[i] - below.parameters[i]) / (2 * epsilon)).epsilon(1e-8));
        largest = std::max(largest, std::fabs(at.derivatives[i]));
    }
    CHECK(largest > 1e-3);
}

// The old parameter goes into the update (decay, trust ratio, slow weights), and the learning rate into states.
struct adam_with_all : zoo::adam {
    static constexpr auto decayed = decoupled_weight_decay(zoo::adam::update, lr, 0.1);
    static constexpr auto scheduled = replace(decayed, lr, lr / sqrt(step));
    static constexpr auto update = weight_ema(accumulate_gradients(lookahead(scheduled, 2, 0.5), 2), 0.9);
};

// A state that starts from an expression of a hyperparameter, and one that follows the parameter after the step.
struct follower {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto s = state<"s">(lr * grad, [](auto old) { return 0.5 * old + lr * lr * grad; });
    static constexpr auto update = param - s + 0.1 * delay<"last">(updated, param);
};

struct decayed_lion : zoo::lion {
    static constexpr auto update = decoupled_weight_decay(zoo::lion::update, lr, 0.3);
};

struct learning_adam : zoo::adam {
    static constexpr auto update = hypergradient_descent(zoo::adam::update, lr, 1e-4);
};

struct decayed_lamb : zoo::lamb {
    static constexpr auto update = replace(zoo::lamb::update, zoo::lamb::weight_decay, 0.1);
};

TEST_CASE("the derivative along a run with fixed gradients is the central difference of two runs") {
    SUBCASE("momentum, whose state has the learning rate") { check_along_a_run<zoo::momentum, zoo::momentum::lr>(); }
    SUBCASE("momentum, by the momentum") { check_along_a_run<zoo::momentum, zoo::momentum::gamma>(); }
    SUBCASE("adam") { check_along_a_run<zoo::adam, zoo::adam::lr>(); }
    SUBCASE("adam, by beta2, whose bias correction depends on it too") {
        check_along_a_run<zoo::adam, zoo::adam::beta2>();
    }
    SUBCASE("rmsprop") { check_along_a_run<zoo::rmsprop, zoo::rmsprop::lr>(); }
    SUBCASE("lion with weight decay") { check_along_a_run<decayed_lion, zoo::lion::lr>(); }
    SUBCASE("lamb, whose trust ratio is of the parameter") { check_along_a_run<decayed_lamb, zoo::lamb::lr>(); }
    SUBCASE("adam inside modifiers") { check_along_a_run<adam_with_all, zoo::adam::lr>(); }
    SUBCASE("adam that learns its learning rate, by where that starts") {
        check_along_a_run<learning_adam, zoo::adam::lr>();
    }
    SUBCASE("states that start from the hyperparameter or follow the update") {
        check_along_a_run<follower, follower::lr>();
    }
}

// Trains on the loss sum(h x^2) / 2, whose Hessian is known.
struct trained : zoo::adam {
    static constexpr auto z = derivative<zoo::adam>(lr, [](auto last) { return input<"hessian"> * last; });
    static constexpr auto update = with(zoo::adam::update, z);
};

end_of_run train(double lr) {
    const row hessian{0.5, 1, 2, 0};
    reference<trained> opt(4);
    opt[trained::lr] = lr;
    row x{1, -2, 0.5, 3}, g(4);
    for (int t = 0; t < 15; ++t) {
        for (std::size_t i = 0; i < 4; ++i) g[i] = hessian[i] * x[i];
        opt.step(x, g, input<"hessian"> = hessian);
    }
    const auto z = opt.state(trained::z);
    return {x, {z.begin(), z.end()}};
}

TEST_CASE("with the derivative of the gradient it is that of the training itself, and finite where a gradient is 0") {
    const auto at = train(0.05), above = train(0.05 + 1e-6), below = train(0.05 - 1e-6);
    for (std::size_t i = 0; i < 4; ++i) {
        CAPTURE(i);
        CHECK(at.derivatives[i] == doctest::Approx((above.parameters[i] - below.parameters[i]) / 2e-6).epsilon(1e-8));
    }
}

TEST_CASE("a derivative is named after its state and its hyperparameter") {
    reference<watched<zoo::momentum, zoo::momentum::gamma>> opt(2);
    row w{1, 2};
    opt.step(w, row{1, 2});
    opt.step(w, row{1, 2});
    CHECK(opt.state("dv_dmomentum")[1] == doctest::Approx(0.01 * 2));
    CHECK(opt.state("dparam_dmomentum")[1] == doctest::Approx(-0.01 * 2));
}

// The derivative of Adam by its learning rate is one more state in the same pass; that of momentum has one for v
// besides. What does not depend on the hyperparameter has no derivative, so a state that only follows the update is
// left alone.
template <class Rule, const auto& Hyper>
constexpr bool adds(int passes, int states) {
    return cost<watched<Rule, Hyper>>.passes == passes &&
           cost<watched<Rule, Hyper>>.states == cost<Rule>.states + states;
}
static_assert(adds<zoo::adam, zoo::adam::lr>(1, 1));
static_assert(adds<zoo::momentum, zoo::momentum::lr>(1, 2));
static_assert(adds<zoo::adam, zoo::adam::beta1>(1, 2));
static_assert(adds<zoo::adam, zoo::adam::eps>(1, 1));
static_assert(adds<adam_with_all, zoo::adam::lr>(1, 2));  // that of the slow weights

}  // namespace
