#include <furl/blocks/blocks.hpp>
#include <furl/blocks/hypergradient_descent.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/program/cost.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

// Hypergradient descent beside the algorithms of Baydin et al. 2018 as plain loops. Both train on the same loss, so a
// learning rate that differs shows in all that follows.
using namespace furl;

namespace {

using row = std::vector<double>;

template <class Rule>
struct learning : Rule {
    static constexpr auto update = hypergradient_descent(Rule::update, Rule::lr, hyper<"kappa">(1e-4));
};

struct learning_in_proportion : zoo::sgd {
    static constexpr auto update = multiplicative_hypergradient_descent(zoo::sgd::update, lr, 0.05);
};

// The gradient of a loss whose curvature differs between the parameters, plus what changes from step to step, as from
// batch to batch.
row gradient_at(const row& x, int t) {
    row g;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto k = static_cast<double>(i + 1);
        g.push_back(k * x[i] + 0.3 * std::sin(k * t));
    }
    return g;
}

double inner(const row& a, const row& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

constexpr std::size_t first = 3, size = 5;  // two tensors, of 3 and of 2 parameters

// Trains by the rule and by a loop, in which `derivative(g, t)` takes the direction of a step from its gradient, and
// `learn(lr, g, u)` the learning rate from the gradient and from the last derivative, which is less the last direction.
template <class Rule, class Derivative, class Learn>
void check_beside(double lr, Derivative derivative, Learn learn) {
    optimizer<Rule, double> opt({first, size - first});
    opt.set("lr", lr);
    row x{1, -2, 0.5, 3, -1}, u(size);
    std::vector<row> w{{1, -2, 0.5}, {3, -1}};
    const double start = lr;
    for (int t = 1; t <= 25; ++t) {
        CAPTURE(t);
        const auto at = gradient_at({w[0][0], w[0][1], w[0][2], w[1][0], w[1][1]}, t);
        opt.step(w, std::vector<row>{{at[0], at[1], at[2]}, {at[3], at[4]}});

        const auto g = gradient_at(x, t);
        if (t > 1) lr = learn(lr, g, u);
        u = derivative(g, t);
        for (std::size_t i = 0; i < size; ++i) x[i] += lr * u[i];
        CHECK(opt.scalar_state("learned_lr", 0) == doctest::Approx(lr).epsilon(1e-10));
        for (std::size_t i = 0; i < size; ++i)
            CHECK((i < first ? w[0][i] : w[1][i - first]) == doctest::Approx(x[i]).epsilon(1e-9));
    }
    CHECK(std::fabs(lr / start - 1) > 0.05);
}

double descend(double lr, const row& g, const row& u) { return lr - 1e-4 * inner(g, u); }

TEST_CASE("on sgd it is SGD-HD, algorithm 4") {
    const auto direction = [](const row& g, int) {
        row u;
        for (double x : g) u.push_back(-x);
        return u;
    };
    check_beside<learning<zoo::sgd>>(0.01, direction, descend);

    // The multiplicative rule, by the cosine of the angle between this gradient and the last.
    check_beside<learning_in_proportion>(0.01, direction, [](double lr, const row& g, const row& u) {
        return lr * (1 - 0.05 * inner(g, u) / std::sqrt(inner(g, g) * inner(u, u)));
    });
}

TEST_CASE("on sgd with Nesterov momentum it is SGDN-HD, algorithm 5") {
    row v(size);
    check_beside<learning<zoo::sgd_nesterov>>(
        0.01,
        [&](const row& g, int) {
            row u(size);
            for (std::size_t i = 0; i < size; ++i) {
                v[i] = 0.9 * v[i] + g[i];
                u[i] = -g[i] - 0.9 * v[i];
            }
            return u;
        },
        descend);
}

TEST_CASE("on adam it is Adam-HD, algorithm 6") {
    row m(size), v(size);
    check_beside<learning<zoo::adam>>(
        0.01,
        [&](const row& g, int t) {
            row u(size);
            for (std::size_t i = 0; i < size; ++i) {
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                u[i] = -m[i] / (1 - std::pow(0.9, t)) / (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
            }
            return u;
        },
        descend);
}

// It costs a pass that reads the gradient and the last derivative, and storing the derivative and the learning rate.
static_assert(cost<learning<zoo::sgd>>.passes == 2);
static_assert(cost<learning<zoo::sgd>>.loads == 4 && cost<learning<zoo::sgd>>.stores == 2);
static_assert(cost<learning<zoo::adam>>.loads == cost<zoo::adam>.loads + 2 &&
              cost<learning<zoo::adam>>.stores == cost<zoo::adam>.stores + 1);
static_assert(cost<learning_in_proportion>.loads == 4 && cost<learning_in_proportion>.stores == 2);

// Two hyperparameters are learned side by side, and modifiers go around: these rules are well formed.
struct learning_two : zoo::sgd_momentum {
    static constexpr auto of_lr = hypergradient_descent(zoo::sgd_momentum::update, lr, 1e-4);
    static constexpr auto update =
        accumulate_gradients(hypergradient_descent<"learned_mu", "du_dmu">(of_lr, mu, 1e-4), 2);
};
static_assert(well_formed<learning_two>);

}  // namespace
