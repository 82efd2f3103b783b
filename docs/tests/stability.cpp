// The limits of stability that docs_generator derives from the programs of rules, against closed forms and against runs.
#include "../generator/stability.hpp"

#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/heavy_ball.hpp>
#include <furl/zoo/lion.hpp>
#include <furl/zoo/pnm.hpp>
#include <furl/zoo/qhm.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

int failures = 0;

void check(bool is_true, std::string_view what) {
    if (is_true) return;
    std::cout << "not so: " << what << '\n';
    ++failures;
}

template <class Rule>
docs::rule_program program_of() {
    return docs::rule_program::of(furl::stages<Rule>::written);
}

// The limit for each momentum is that of a formula.
template <class Rule, class Formula>
void check_formula(std::string_view what, double tolerance, Formula formula) {
    const auto found = docs::stability_of(program_of<Rule>());
    check(found.reason.empty() && found.limits.size() == 27, what);
    for (const auto& [momentum, limit] : found.limits) {
        const double expected = formula(momentum);
        if (!(std::abs(limit - expected) < tolerance * expected)) std::cout << momentum << ": " << limit << ", not " << expected << '\n';
        check(std::abs(limit - expected) < tolerance * expected, what);
    }
}

// Returns how far from the minimum a run ends that starts at 1.
template <class Rule>
double distance_after_run(double curvature) {
    furl::reference<Rule, double> opt(1);
    std::vector<double> x{1}, gradient(1);
    double largest = 0;
    for (int t = 0; t < 3000; ++t) {
        gradient[0] = curvature * x[0];
        opt.step(x, gradient);
        if (t >= 2900) largest = std::max(largest, std::abs(x[0]));
        if (std::abs(x[0]) > 1e12) return x[0];
    }
    return largest;
}

template <class Rule>
void check_run(std::string_view what) {
    const double limit = docs::stability_of(program_of<Rule>()).limit / Rule::lr.default_value;
    check(limit > 0, what);
    check(std::abs(distance_after_run<Rule>(0.97 * limit)) < 1e-3, what);
    check(!(std::abs(distance_after_run<Rule>(1.03 * limit)) < 10), what);
}

}  // namespace

int main() {
    namespace zoo = furl::zoo;
    check(std::abs(docs::stability_of(program_of<zoo::sgd>()).limit - 2) < 1e-8, "gradient descent is stable below 2");
    const auto momentum = [](double mu) { return 2 * (1 + mu); };
    const auto nesterov = [](double mu) { return 2 * (1 + mu) / (1 + 2 * mu); };
    const auto average = [](double beta) { return 2 * (1 + beta) / (1 - beta); };
    check_formula<zoo::sgd_momentum>("momentum is stable below 2 (1 + mu)", 1e-8, momentum);
    check_formula<zoo::heavy_ball>("the heavy ball is stable below 2 (1 + mu)", 1e-8, momentum);
    check_formula<zoo::sgd_nesterov>("Nesterov's momentum is stable below 2 (1 + mu) / (1 + 2 mu)", 1e-8, nesterov);
    check_formula<zoo::adam>("Adam is stable below 2 (1 + beta) / (1 - beta)", 1e-6, average);

    const auto adam = docs::stability_of(program_of<zoo::adam>());
    check(adam.held.size() == 1 && adam.held[0].first == "v" && std::abs(adam.held[0].second - 0.5) < 1e-3,
          "Adam's limit is in proportion to the root of v");
    check(adam.momentum == "beta1", "Adam's momentum is beta1");
    check(!docs::stability_of(program_of<zoo::lion>()).reason.empty(), "a sign has no derivative");

    check_run<zoo::sgd>("gradient descent converges up to its limit");
    check_run<zoo::sgd_momentum>("momentum converges up to its limit");
    check_run<zoo::heavy_ball>("the heavy ball converges up to its limit");
    check_run<zoo::qhm>("qhm converges up to its limit");
    check_run<zoo::pnm>("pnm, whose odd and even steps differ, converges up to its limit");
    return failures == 0 ? 0 : 1;
}
