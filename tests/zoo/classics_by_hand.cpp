#include <furl/furl.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/heavy_ball.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/nesterov.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

// Each classic beside a plain loop in long double, written from its formula and from nothing of furl.
namespace {

using real = long double;

constexpr int steps = 100;
constexpr std::size_t n = 21;

double gradient(int t, std::size_t i) {
    return std::sin(0.7 * t + 1.3 * static_cast<double>(i)) * std::pow(10.0, static_cast<double>(i % 7) - 4);
}

/// The largest difference of the rule in double from the loop, relative to the size of the parameter's path.
/// one_step(t, g, theta, s): one parameter, with states of its own that start at 0.
template <class Rule, class OneStep>
double distance(OneStep one_step) {
    furl::optimizer<Rule, double> opt(n);
    std::vector<double> parameters(n), gradients(n);
    std::vector<real> exact(n);
    std::vector<std::vector<real>> states(n, std::vector<real>(3));
    for (std::size_t i = 0; i < n; ++i) exact[i] = parameters[i] = 0.5 - 0.1 * static_cast<double>(i);
    real worst = 0;
    for (int t = 1; t <= steps; ++t) {
        for (std::size_t i = 0; i < n; ++i) gradients[i] = gradient(t, i);
        opt.step(parameters, gradients);
        for (std::size_t i = 0; i < n; ++i) {
            one_step(t, static_cast<real>(gradients[i]), exact[i], states[i]);
            worst = std::max(worst, std::fabs(parameters[i] - exact[i]) / (1 + std::fabs(exact[i])));
        }
    }
    return static_cast<double>(worst);
}

using states = std::vector<real>;
constexpr double few_roundings = 1e-13;

}  // namespace

TEST_CASE("gradient descent is theta - lr g") {
    CHECK(distance<furl::zoo::sgd>([](int, real g, real& theta, states&) { theta -= 0.01 * g; }) < few_roundings);
}

TEST_CASE("momentum accumulates lr g") {
    CHECK(distance<furl::zoo::momentum>([](int, real g, real& theta, states& s) {
              s[0] = real(0.9) * s[0] + real(0.01) * g;
              theta -= s[0];
          }) < few_roundings);
}

TEST_CASE("PyTorch's momentum takes the first gradient undampened") {
    CHECK(distance<furl::zoo::sgd_momentum>([](int t, real g, real& theta, states& s) {
              s[0] = t == 1 ? g : real(0.9) * s[0] + g;
              theta -= real(0.01) * s[0];
          }) < few_roundings);
}

TEST_CASE("PyTorch's Nesterov momentum looks ahead along the accumulator") {
    CHECK(distance<furl::zoo::sgd_nesterov>([](int, real g, real& theta, states& s) {
              s[0] = real(0.9) * s[0] + g;
              theta -= real(0.01) * (g + real(0.9) * s[0]);
          }) < few_roundings);
}

TEST_CASE("the heavy ball rolls on along its last step") {
    CHECK(distance<furl::zoo::heavy_ball>([](int t, real g, real& theta, states& s) {
              const real last = t == 1 ? theta : s[0];
              s[0] = theta;
              theta = theta - real(0.01) * g + real(0.9) * (theta - last);
          }) < few_roundings);
}

TEST_CASE("Nesterov's accelerated gradient keeps the point that looks ahead") {
    // The classic form, in its own variables: x and v; the parameter is x - mu v.
    CHECK(distance<furl::zoo::nesterov>([](int t, real g, real& theta, states& s) {
              real x = t == 1 ? theta : s[0];
              real& v = s[1];
              v = real(0.9) * v + real(0.01) * g;
              x -= v;
              s[0] = x;
              theta = x - real(0.9) * v;
          }) < few_roundings);
}

TEST_CASE("AdaGrad divides by the root of the sum of squares") {
    CHECK(distance<furl::zoo::adagrad>([](int, real g, real& theta, states& s) {
              s[0] += g * g;
              theta -= real(0.01) * g / (std::sqrt(s[0]) + real(1e-10));
          }) < few_roundings);
}

TEST_CASE("RMSprop divides by the root of the mean square, centered or not, with momentum or not") {
    const auto with = [](bool centered, bool momentum) {
        return [=](int, real g, real& theta, states& s) {
            s[0] = real(0.99) * s[0] + (1 - real(0.99)) * g * g;
            s[1] = real(0.99) * s[1] + (1 - real(0.99)) * g;
            const real direction = g / (std::sqrt(centered ? s[0] - s[1] * s[1] : s[0]) + real(1e-8));
            s[2] = (momentum ? real(0.9) : 0) * s[2] + direction;
            theta -= real(0.01) * s[2];
        };
    };
    CHECK(distance<furl::zoo::rmsprop>(with(false, false)) < few_roundings);
    CHECK(distance<furl::zoo::rmsprop_centered>(with(true, false)) < 1e-11);  // the difference of squares cancels
    CHECK(distance<furl::zoo::rmsprop_momentum>(with(false, true)) < few_roundings);
    CHECK(distance<furl::zoo::rmsprop_centered_momentum>(with(true, true)) < 1e-11);
}

TEST_CASE("Adam corrects both moments; epsilon stands outside the root, or inside; AdamW shrinks the parameter") {
    const auto with = [](bool inside, real decay) {
        return [=](int t, real g, real& theta, states& s) {
            s[0] = real(0.9) * s[0] + (1 - real(0.9)) * g;
            s[1] = real(0.999) * s[1] + (1 - real(0.999)) * g * g;
            const real m = s[0] / (1 - std::pow(real(0.9), t)), v = s[1] / (1 - std::pow(real(0.999), t));
            const real eps = 1e-8;
            theta = theta * (1 - real(1e-3) * decay) -
                    real(1e-3) * m / (inside ? std::sqrt(v + eps) : std::sqrt(v) + eps);
        };
    };
    CHECK(distance<furl::zoo::adam>(with(false, 0)) < few_roundings);
    CHECK(distance<furl::zoo::adam_eps_inside>(with(true, 0)) < few_roundings);
    CHECK(distance<furl::zoo::adamw>(with(false, real(0.01))) < few_roundings);
}
