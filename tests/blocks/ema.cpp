#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <cmath>

using namespace furl;
using namespace furl::tests;

namespace {

struct averages {
    static constexpr auto beta = hyper<"beta">(0.5);
    static constexpr auto m = ema<"m">(grad, beta);
    static constexpr auto from_one = ema<"from_one">(grad, 0.5, 1);
    static constexpr auto changing = ema<"changing">(grad, 1 / step);
    static constexpr auto update = with(param, m, from_one, changing);
};

struct one_average {
    static constexpr auto update = with(param, ema<"m">(grad, 0.9));
};

}  // namespace

// The cost in the doc comment, beside the parameter and the gradient themselves.
static_assert(cost<one_average>.loads == 3 && cost<one_average>.stores == 2);
static_assert(cost<one_average>.multiplications == 1 && cost<one_average>.fused == 1);
static_assert(cost<one_average>.operations() == 2);

TEST_CASE("an ema of a constant nears it by a factor beta each step") {
    optimizer<averages, double> opt(1);
    std::vector<double> w{0}, g{8};
    for (int t = 1; t <= 10; ++t) {
        opt.step(w, g);
        CHECK(opt.state(averages::m)[0] == 8 * (1 - std::exp2(-t)));
        CHECK(opt.state(averages::from_one)[0] == 8 - 7 * std::exp2(-t));
    }
}

TEST_CASE("an ema follows its decay, be it a hyperparameter or an expression") {
    optimizer<averages, double> opt(1);
    std::vector<double> w{0}, g{8};
    opt[averages::beta] = 0.75;
    opt.step(w, g);
    CHECK(opt.state(averages::m)[0] == 2);
    CHECK(opt.state(averages::changing)[0] == 0);
    opt[averages::beta] = 0;
    opt.step(w, g);
    CHECK(opt.state(averages::m)[0] == 8);
    CHECK(opt.state(averages::changing)[0] == 4);
}

TEST_CASE("an ema is an ema, a state and an expression; a momentum is no ema") {
    static_assert(is_ema<std::remove_const_t<decltype(averages::m)>>);
    static_assert(is_state<std::remove_const_t<decltype(averages::m)>>);
    static_assert(Expression<decltype(averages::m)>);
    static_assert(!is_ema<std::remove_const_t<decltype(heavy_momentum::buffer)>>);
    CHECK(true);
}
