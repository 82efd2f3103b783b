#include "zoo/runs.hpp"

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adam_eps_hat.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/optimistic_adam.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

// The table of docs/dialects.md: each library's optimizer, written anew from its source as a loop over scalars, with that
// library's defaults, beside the rule of the zoo that the table names. What PyTorch has is compared with PyTorch's own
// trajectories in the golden tests.
namespace {

using namespace furl::tests;

/// A parameter and the buffers beside it, which start at 0.
struct element {
    double p, a = 0, b = 0, c = 0;
};

using loop = void (*)(element& e, double g, int t);

struct dialect {
    std::string_view library, rule;
    std::vector<std::pair<std::string_view, double>> settings;
    loop update;
};

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

// Of changing scale and sign, without zeros, as some are divided by their own root.
double gradient(std::size_t i, int t) {
    return std::pow(10.0, static_cast<int>(i % 5) - 3) * (std::sin(1.0 + 3.7 * t + 1.3 * static_cast<double>(i)) + 0.013);
}

constexpr std::size_t n = 11;

template <class Step>
double distance(Step step, loop update) {
    std::vector<double> w(n), g(n);
    std::vector<element> elements;
    for (std::size_t i = 0; i < n; ++i) elements.push_back({w[i] = 0.3 * static_cast<double>(i) - 1});
    double worst = 0;
    for (int t = 1; t <= 40; ++t) {
        for (std::size_t i = 0; i < n; ++i) update(elements[i], g[i] = gradient(i, t), t);
        step(w, g);
        for (std::size_t i = 0; i < n; ++i) {
            const double d = std::fabs(w[i] - elements[i].p) / (1e-3 + std::fabs(elements[i].p));
            worst = d <= worst ? worst : d;  // a NaN counts
        }
    }
    return worst;
}

constexpr double rounding = 1e-12;

// ensmallen's moments, and Adam's corrections of them.
void moments(element& e, double g, double beta1 = 0.9, double beta2 = 0.999) {
    e.a = beta1 * e.a + (1 - beta1) * g;
    e.b = beta2 * e.b + (1 - beta2) * g * g;
}
double corrections(int t) { return std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)); }

double bounded(double rate, int t) { return std::clamp(rate, 0.1 * (1 - 1 / (1e-3 * t + 1)), 0.1 * (1 + 1 / (1e-3 * t))); }

const std::vector<dialect> dialects{
    {"ensmallen's MomentumSGD", "momentum", {{"momentum", 0.5}}, [](element& e, double g, int) {
         e.a = 0.5 * e.a - 0.01 * g;
         e.p += e.a;
     }},
    {"ensmallen's NesterovMomentumSGD", "nesterov", {{"momentum", 0.5}}, [](element& e, double g, int) {
         e.a = 0.5 * e.a - 0.01 * g;
         e.p += 0.5 * e.a - 0.01 * g;
     }},
    {"ensmallen's QHSGD", "qhm", {{"lr", 0.01}, {"beta", 0.999}, {"nu", 0.7}}, [](element& e, double g, int) {
         e.a = 0.999 * e.a + (1 - 0.999) * g;
         e.p -= 0.01 * ((1 - 0.7) * g + 0.7 * e.a);
     }},
    {"ensmallen's Adam", "adam_eps_hat", {}, [](element& e, double g, int t) {
         moments(e, g);
         e.p -= 0.001 * corrections(t) * e.a / (std::sqrt(e.b) + 1e-8);
     }},
    {"ensmallen's AMSGrad", "amsgrad_keras", {{"eps", 1e-8}}, [](element& e, double g, int t) {
         moments(e, g);
         e.c = std::max(e.c, e.b);
         e.p -= 0.001 * corrections(t) * e.a / (std::sqrt(e.c) + 1e-8);
     }},
    {"ensmallen's AdaMax", "adamax_keras", {{"eps", 1e-8}}, [](element& e, double g, int t) {
         e.a = 0.9 * e.a + 0.1 * g;
         e.b = std::max(0.999 * e.b, std::fabs(g));
         e.p -= 0.001 / (1 - std::pow(0.9, t)) * e.a / (e.b + 1e-8);
     }},
    {"ensmallen's Nadam without its epsilon", "nadam", {{"lr", 1e-3}, {"eps", 0}}, [](element& e, double g, int t) {
         moments(e, g);
         const auto weight = [](int at) { return 0.9 * (1 - 0.5 * std::pow(0.96, at * 4e-3)); };
         e.c = (t == 1 ? 1 : e.c) * weight(t);
         e.p -= 0.001 * ((1 - weight(t)) / (1 - e.c) * g + weight(t + 1) / (1 - e.c * weight(t + 1)) * e.a) *
                std::sqrt(1 - std::pow(0.999, t)) / std::sqrt(e.b);
     }},
    {"ensmallen's FTML", "ftml", {{"lr", 1e-3}, {"beta1", 0.9}}, [](element& e, double g, int t) {
         e.b = 0.999 * e.b + (1 - 0.999) * g * g;
         const double d = (1 - std::pow(0.9, t)) / 0.001 * (std::sqrt(e.b / (1 - std::pow(0.999, t))) + 1e-8);
         e.a = 0.9 * e.a + 0.1 * g - (d - 0.9 * e.c) * e.p;
         e.c = d;
         e.p = -e.a / d;
     }},
    {"ensmallen's AdaGrad", "adagrad", {{"eps", 1e-8}}, [](element& e, double g, int) {
         e.a += g * g;
         e.p -= 0.01 * g / (std::sqrt(e.a) + 1e-8);
     }},
    {"ensmallen's AdaDelta", "adadelta", {{"rho", 0.95}}, [](element& e, double g, int) {
         e.a = 0.95 * e.a + (1 - 0.95) * g * g;
         const double dx = std::sqrt((e.b + 1e-6) / (e.a + 1e-6)) * g;
         e.b = 0.95 * e.b + (1 - 0.95) * dx * dx;
         e.p -= 1.0 * dx;
     }},
    {"ensmallen's RMSProp", "rmsprop", {}, [](element& e, double g, int) {
         e.a = 0.99 * e.a + (1 - 0.99) * g * g;
         e.p -= 0.01 * g / (std::sqrt(e.a) + 1e-8);
     }},
    {"ensmallen's Yogi", "yogi_paper", {{"lr", 1e-3}, {"eps", 1e-8}, {"initial_accumulator_value", 0}},
     [](element& e, double g, int) {
         e.a = 0.9 * e.a + (1 - 0.9) * g;
         e.b -= (1 - 0.999) * sign(e.b - g * g) * g * g;
         e.p -= 0.001 * e.a / (std::sqrt(e.b) + 1e-8);
     }},
    {"ensmallen's QHAdam", "qhadam", {}, [](element& e, double g, int t) {
         moments(e, g);
         const double m = e.a / (1 - std::pow(0.9, t)), v = e.b / (1 - std::pow(0.999, t));
         e.p -= 0.001 * ((1 - 0.7) * g + 0.7 * m) / (std::sqrt((1 - 1.0) * g * g + 1.0 * v) + 1e-8);
     }},
    {"ensmallen's Padam without its epsilon", "padam", {{"lr", 1e-3}, {"eps", 0}}, [](element& e, double g, int t) {
         moments(e, g);
         e.c = std::max(e.c, e.b);
         e.p -= 0.001 * corrections(t) * e.a / std::pow(e.c, 0.25);
     }},
    {"ensmallen's AdaBelief", "adabelief", {{"eps", 1e-12}}, [](element& e, double g, int t) {
         e.a = 0.9 * e.a + (1 - 0.9) * g;
         e.b = 0.999 * e.b + (1 - 0.999) * (g - e.a) * (g - e.a) + 1e-12;
         e.p -= 0.001 * (e.a / (1 - std::pow(0.9, t))) / (std::sqrt(e.b / (1 - std::pow(0.999, t))) + 1e-12);
     }},
    {"ensmallen's AdaBound", "adabound", {}, [](element& e, double g, int t) {
         moments(e, g);
         e.p -= bounded(0.001 * corrections(t) / (std::sqrt(e.b) + 1e-8), t) * e.a;
     }},
    {"ensmallen's AMSBound", "amsbound", {}, [](element& e, double g, int t) {
         moments(e, g);
         e.c = std::max(e.c, e.b);
         e.p -= bounded(0.001 * corrections(t) / (std::sqrt(e.c) + 1e-8), t) * e.a;
     }},
    {"llm.c's AdamW", "adamw", {{"lr", 3e-4}, {"beta2", 0.95}, {"weight_decay", 0.1}}, [](element& e, double g, int t) {
         moments(e, g, 0.9, 0.95);
         const double m = e.a / (1 - std::pow(0.9, t)), v = e.b / (1 - std::pow(0.95, t));
         e.p -= 3e-4 * (m / (std::sqrt(v) + 1e-8) + 0.1 * e.p);
     }},
};

struct dlib_sgd : furl::zoo::momentum {
    static constexpr auto update =
        furl::coupled_weight_decay(furl::zoo::momentum::update, furl::hyper<"weight_decay">(5e-4));
};

struct dlib_adam : furl::zoo::adam_eps_hat {
    static constexpr auto update =
        furl::coupled_weight_decay(furl::zoo::adam_eps_hat::update, furl::hyper<"weight_decay">(5e-4));
};

template <class Rule>
double distance_of(loop update) {
    furl::reference<Rule> opt(n);
    return distance([&](auto& w, auto& g) { opt.step(w, g); }, update);
}

}  // namespace

TEST_CASE("another library's optimizer is the rule that the table of dialects names") {
    for (const auto& d : dialects) {
        CAPTURE(d.library);
        run<double> r(rule_of(d.rule), sizes{n});
        for (const auto& [name, value] : d.settings) r.opt->set(name, value);
        const auto step = [&](auto& w, auto& g) {
            r.parameters[0] = w;
            r.opt->step(r.parameters, {g}, {g});
            w = r.parameters[0];
        };
        CHECK(distance(step, d.update) < rounding);
    }
}

TEST_CASE("dlib's solvers are zoo rules with a decay of 5e-4 in the gradient") {
    CHECK(distance_of<dlib_sgd>([](element& e, double g, int) {
              e.a = 0.9 * e.a - 5e-4 * 0.01 * e.p - 0.01 * g;
              e.p += e.a;
          }) < rounding);
    CHECK(distance_of<dlib_adam>([](element& e, double g, int t) {
              moments(e, g + 5e-4 * e.p);
              e.p -= 0.001 * corrections(t) * e.a / (std::sqrt(e.b) + 1e-8);
          }) < rounding);
}

TEST_CASE("optimistic Adam is ensmallen's OptimisticAdam") {
    CHECK(distance_of<furl::zoo::optimistic_adam>([](element& e, double g, int t) {
              moments(e, g);
              const double u = e.a / (1 - std::pow(0.9, t)) / (std::sqrt(e.b / (1 - std::pow(0.999, t))) + 1e-8);
              e.p -= 2 * 0.001 * u - 0.001 * e.c;
              e.c = u;
          }) < rounding);
}
