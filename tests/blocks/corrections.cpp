#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

struct corrected {
    static constexpr auto beta = hyper<"beta">(0.5);
    static constexpr auto m = ema<"m">(grad, beta);
    static constexpr auto m_hat = record<"m_hat">(bias_corrected(m));
    static constexpr auto ratio = record<"ratio">(safe_divide(grad, param, 0.25));
    static constexpr auto number = record<"number">(safe_divide(1, grad, hyper<"eps">(1)));
    static constexpr auto update = with(param, m_hat, ratio, number);
};

struct one_correction {
    static constexpr auto update = bias_corrected(ema<"m">(grad, 0.9));
};

}  // namespace

// 1 / (1 - beta^t) is computed once a step: one more multiplication than the ema alone.
static_assert(cost<one_correction>.multiplications == 2 && cost<one_correction>.fused == 1);
static_assert(cost<one_correction>.divisions == 0 && cost<one_correction>.operations() == 3);

TEST_CASE_TEMPLATE("the bias corrected ema of a constant is that constant from the first step on", T, float, double) {
    optimizer<corrected, T> opt(3);
    std::vector<T> w(3), g{1, -2, 3};
    for (int t = 1; t <= 20; ++t) {
        opt.step(w, g);
        for (std::size_t i = 0; i < 3; ++i) CHECK(ulps(opt.state(corrected::m_hat)[i], g[i]) <= 2);
    }
}

TEST_CASE("the correction is that of today's decay") {
    optimizer<corrected, double> opt(1);
    std::vector<double> w{0}, g{1};
    opt.step(w, g);
    opt[corrected::beta] = 0.75;
    opt.step(w, g);
    CHECK(opt.state(corrected::m_hat)[0] == doctest::Approx((0.75 * 0.5 + 0.25) / (1 - 0.75 * 0.75)));
}

TEST_CASE("safe_divide is finite where the divisor is zero") {
    optimizer<corrected, double> opt(2);
    std::vector<double> w{0, 0.75}, g{1, -1};
    opt.step(w, g);
    CHECK(opt.state(corrected::ratio)[0] == 4);
    CHECK(opt.state(corrected::ratio)[1] == -1);
    CHECK(opt.state(corrected::number)[0] == 0.5);
    CHECK(opt.state(corrected::number)[1] == std::numeric_limits<double>::infinity());
}
