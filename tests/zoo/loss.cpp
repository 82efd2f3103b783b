#include <furl/optimizer.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/zoo/alig.hpp>
#include <furl/zoo/momo.hpp>
#include <furl/zoo/momo_adam.hpp>
#include <furl/zoo/polyak_sgd.hpp>
#include <furl/zoo/sps.hpp>

#include <support/compare.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

// Rules that read the loss: what is known of them without a golden run.
namespace {

using namespace furl;
using namespace furl::tests;
using numbers = std::vector<double>;

double sum_of_squares(const numbers& x) {
    double sum = 0;
    for (double value : x) sum += value * value;
    return sum;
}

/// The values of f(x) = sum x^2, from (1, 2, 3) on.
template <class Rule>
numbers descent_from_123(int steps) {
    optimizer<Rule, double> opt(3);
    numbers x{1, 2, 3}, losses;
    for (int t = 0; t < steps; ++t) {
        losses.push_back(sum_of_squares(x));
        opt.step(x, numbers{2 * x[0], 2 * x[1], 2 * x[2]}, step_input<"loss"> = losses.back());
    }
    losses.push_back(sum_of_squares(x));
    return losses;
}

/// A loss that some of these steps clip, and some do not.
double loss_of(int t) { return 3 * (1.5 + std::sin(2.0 * t)) * (t % 3 + 0.1); }

numbers joined(const std::vector<numbers>& x) {
    numbers all;
    for (const auto& tensor : x) all.insert(all.end(), tensor.begin(), tensor.end());
    return all;
}

std::vector<numbers> some(unsigned seed) {
    return {normal_values<double>(37, seed), {}, normal_values<double>(6, seed + 50)};
}

}  // namespace

TEST_CASE("Polyak's step length halves a round parabola's parameters, and so does MoMo's first step") {
    const auto polyak = descent_from_123<zoo::polyak_sgd>(4);
    for (std::size_t t = 0; t < polyak.size(); ++t) CHECK(polyak[t] == doctest::Approx(14 / std::pow(4.0, t)));
    // With x the start, the averages of the second step are d = 1.9 x, f = 12.95 and gamma = 25.9, and <d, x/2> = 13.3.
    const auto momo = descent_from_123<zoo::momo>(2);
    const double left = 0.5 - 1.9 * (12.95 - 25.9 + 13.3) / (1.9 * 1.9 * 14);
    CHECK(momo[1] == doctest::Approx(3.5));
    CHECK(momo[2] == doctest::Approx(14 * left * left));
}

TEST_CASE("SPS_max with c = 1/2 is Newton's method on a round parabola") {
    CHECK(descent_from_123<zoo::sps>(1)[1] < 1e-12);
}

TEST_CASE_TEMPLATE("the norms are over all tensors: a list steps as one tensor of all", Rule, zoo::polyak_sgd, zoo::sps,
                   zoo::sps_smooth, zoo::alig, zoo::alig_momentum, zoo::momo, zoo::momo_star, zoo::momo_adam,
                   zoo::momo_adam_star) {
    optimizer<Rule, double> apart({37, 0, 6}), whole(43);
    auto w = some(1);
    auto x = joined(w);
    for (int t = 1; t <= 20; ++t) {
        const auto g = some(10 + static_cast<unsigned>(t));
        CHECK(apart.step(w, g, step_input<"loss"> = loss_of(t)));
        CHECK(whole.step(x, joined(g), step_input<"loss"> = loss_of(t)));
    }
    const auto y = joined(w);
    CHECK(x != joined(some(1)));
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(y[i] == doctest::Approx(x[i]).epsilon(1e-10));
}

TEST_CASE_TEMPLATE("two groups of a rule step as one optimizer, to the bit", Rule, zoo::sps, zoo::momo_star,
                   zoo::momo_adam) {
    optimizer<Rule, double> one({37, 0, 6});
    grouped_optimizer<double> groups;
    groups.add<Rule>({37, 0});
    groups.add<Rule>({6});
    auto w = some(1), x = w;
    for (int t = 1; t <= 20; ++t) {
        const auto g = some(10 + static_cast<unsigned>(t));
        CHECK(one.step(w, g, step_input<"loss"> = loss_of(t)));
        CHECK(groups.step(x, g, {{"loss", loss_of(t)}}));
    }
    CHECK(w == x);
}

TEST_CASE("tensor by tensor too, the loss given with the first") {
    optimizer<zoo::momo, double> whole({37, 0, 6}), apart({37, 0, 6});
    auto w = some(1), x = w;
    for (int t = 1; t <= 20; ++t) {
        const auto g = some(10 + static_cast<unsigned>(t));
        CHECK(whole.step(w, g, step_input<"loss"> = loss_of(t)));
        CHECK(apart.step_tensor(2, x[2], g[2], step_input<"loss"> = loss_of(t)));
        CHECK(apart.step_tensor(0, x[0], g[0]));
        CHECK(apart.step_tensor(1, x[1], g[1]));
    }
    CHECK(w == x);
}

TEST_CASE_TEMPLATE("a gradient of 0 moves nothing", Rule, zoo::polyak_sgd, zoo::sps, zoo::sps_smooth, zoo::alig,
                   zoo::alig_momentum, zoo::momo, zoo::momo_star, zoo::momo_adam, zoo::momo_adam_star) {
    optimizer<Rule, double> opt(3);
    numbers x{1, -2, 0.5};
    for (int t = 0; t < 3; ++t) opt.step(x, numbers{0, 0, 0}, step_input<"loss"> = 2);
    CHECK(x == numbers{1, -2, 0.5});
    // A rule can still move after it, when the loss falls.
    opt.step(x, numbers{1, 0, 0}, step_input<"loss"> = 1);
    CHECK(x[0] < 1);
    CHECK(x[1] == -2);
}

TEST_CASE("a loss below its bound: SPS_max and MoMo stay, and optax's Polyak goes uphill") {
    const auto stepped = []<class Rule>(optimizer<Rule, double> opt, std::string_view bound) {
        opt.set(bound, 5);
        numbers x{1, 2};
        opt.step(x, numbers{1, 1}, step_input<"loss"> = 4);
        return x;
    };
    CHECK(stepped(optimizer<zoo::sps, double>(2), "f_min") == numbers{1, 2});
    CHECK(stepped(optimizer<zoo::momo, double>(2), "lower_bound") == numbers{1, 2});
    CHECK(stepped(optimizer<zoo::polyak_sgd, double>(2), "f_min") == numbers{1.5, 2.5});
}
