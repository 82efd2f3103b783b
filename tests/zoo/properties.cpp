#include "zoo/any_optimizer.hpp"
#include "zoo/distance.hpp"
#include "zoo/problems.hpp"
#include "zoo/runs.hpp"
#include "zoo/table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

// What holds for every optimizer of the zoo: each property walks all rules that the units of zoo/rules/ have enlisted, and
// what differs from rule to rule stands in zoo/table.hpp. FURL_MEASURE=1 prints what is measured beside what is allowed.
using namespace furl::tests;

namespace {

#ifdef FURL_TEST_WHOLE_ZOO
constexpr bool has_all_rules = true;
#else
constexpr bool has_all_rules = false;  // the program has some units of zoo/rules/
#endif

/// The best loss that a rule comes to from the start of a problem, over learning rates of a fixed grid.
template <class T, class Problem>
std::pair<double, double> best_of_grid(const rule_under_test& rule, const Problem& problem) {
    std::pair<double, double> best{HUGE_VAL, 0};
    for (int k = -8; k <= 2 && !(best.first <= problem.target); ++k) {
        const double lr = std::pow(10.0, k / 2.0);
        auto opt = rule.make<T>({{1, problem.start.size()}});
        opt->set("lr", lr);
        // Weight decay moves the minimum; a step longer than the valley is wide leaves it, whatever its length comes of.
        // Scion holds parameters in a ball, which is to hold the minimum.
        for (const auto& [name, value] : {std::pair("weight_decay", 0.0), {"lr_max", 0.1}, {"scale", 50.0}})
            if (std::ranges::count(opt->hyperparameters(), name) > 0) opt->set(name, value);
        // A sum of a hundred gradients swings for longer than these steps.
        if (rule.name == "simplified_ademamix") opt->set("beta1", 0.9);
        tensor_list<T> x{{problem.start.begin(), problem.start.end()}};
        double loss = HUGE_VAL;
        for (int t = 0; t <= problem.steps; ++t) {
            auto e = problem.at({x[0].begin(), x[0].end()});
            loss = e.loss;
            if (!(std::fabs(loss) < 1e10) || loss <= problem.target) break;
            // What SophiaG is given is squared, times its batch.
            if (rule.name == "sophia_g")
                for (auto& h : e.curvature) h = std::sqrt(std::fabs(h) / opt->get("batch"));
            opt->step(x, {{e.gradient.begin(), e.gradient.end()}}, {{e.curvature.begin(), e.curvature.end()}}, loss);
        }
        if (loss < best.first) best = {loss, lr};
    }
    return best;
}

template <class T, class Problem>
void check_converges() {
    const Problem problem;
    for (const auto& rule : rules_under_test()) {
        if (rule.name == "nero") continue;  // it holds each row at length 1
        CAPTURE(rule.name);
        const auto [loss, lr] = best_of_grid<T>(rule, problem);
        CHECK(loss <= problem.target);
        if (measures()) std::printf("%s: %s: loss %.3g, lr %.3g\n", Problem::name, std::string(rule.name).c_str(), loss, lr);
    }
}

}  // namespace

TEST_CASE("the table of the zoo and the units of zoo/rules/ hold the same rules, once each") {
    std::multiset<std::string_view> tested, listed;
    for (const auto& rule : rules_under_test()) tested.insert(rule.name);
    for (const auto& row : zoo_table) listed.insert(row.rule);
    CHECK(tested.size() > 40);
    CHECK(std::ranges::includes(listed, tested));
    if (has_all_rules) CHECK(tested == listed);
}

TEST_CASE_TEMPLATE("every rule stays within its budget of the reference over 100 steps", T, float, double) {
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        const auto row = row_of(rule.name);
        const double budget = sizeof(T) == 4 ? row.float_ulps : row.double_ulps;
        const double distance = distance_from_reference<T>(rule, {{1, 83}, {1, 6}});
        CHECK(distance <= budget);
        if (measures())
            std::printf("%s ulps of %g: %s: %.3g\n", sizeof(T) == 4 ? "float" : "double", budget,
                        std::string(rule.name).c_str(), distance);
    }
}

TEST_CASE_TEMPLATE("on matrices too, rules of rows and columns stay close to their reference", T, float, double) {
    const std::vector<furl::shape> shapes{{7, 12}, {1, 5}, {70, 2}, {3, 40}, {0, 4}};
    for (const auto& rule : rules_under_test()) {
        if (!rule.by_lines) continue;
        CAPTURE(rule.name);
        const auto row = row_of(rule.name);
        const double budget = 2 * (sizeof(T) == 4 ? row.float_ulps : row.double_ulps);
        const double distance = distance_from_reference<T>(rule, shapes);
        CHECK(distance <= budget);
        if (measures())
            std::printf("matrices: %s ulps of %g: %s: %.3g\n", sizeof(T) == 4 ? "float" : "double", budget,
                        std::string(rule.name).c_str(), distance);
    }
}

TEST_CASE_TEMPLATE("every rule converges on a convex quadratic", T, float, double) { check_converges<T, quadratic>(); }
TEST_CASE_TEMPLATE("every rule converges on a logistic regression", T, float, double) { check_converges<T, logistic>(); }
TEST_CASE_TEMPLATE("every rule finds its way through Rosenbrock's valley", T, float, double) {
    check_converges<T, rosenbrock>();
}

TEST_CASE_TEMPLATE("states saved at a step and restored go on with the same bits", T, float, double) {
    const sizes of{37, 5};
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        run<T> through(rule, of), first(rule, of), second(rule, of);
        through.steps(1, 20);
        first.steps(1, 9);
        second.parameters = first.parameters;
        second.opt->set_step_count(first.opt->step_count());
        for (std::size_t k = 0; k < of.size(); ++k) {
            for (auto name : first.opt->states())
                std::ranges::copy(first.opt->state(name, k), second.opt->state(name, k).begin());
            for (auto name : first.opt->scalar_states())
                second.opt->scalar_state(name, k) = first.opt->scalar_state(name, k);
        }
        second.steps(10, 20);
        CHECK(same(second.outcome(), through.outcome()));
        CHECK(second.opt->step_count() == 20);
    }
}

TEST_CASE_TEMPLATE("tensors without elements change nothing for the others", T, float, double) {
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        run<T> all(rule, sizes{0, 19, 0, 4}), others(rule, sizes{19, 4}), none(rule, sizes{0});
        all.parameters = {{}, others.parameters[0], {}, others.parameters[1]};
        for (int t = 1; t <= 5; ++t) {
            const auto g = gradient_of<T>(others.of, t), h = hessian_of<T>(others.of, t);
            all.opt->step(all.parameters, {{}, g[0], {}, g[1]}, {{}, h[0], {}, h[1]});
            others.opt->step(others.parameters, g, h);
            CHECK(none.opt->step(none.parameters, {{}}, {{}}));
        }
        CHECK(same(all.outcome(1), others.outcome(0)));
        CHECK(same(all.outcome(3), others.outcome(1)));
        CHECK(none.opt->step_count() == 5);
    }
}

TEST_CASE_TEMPLATE("a tensor stepped in parts has the same bits, where a rule reads no other element", T, float, double) {
    int rules = 0;
    for (const auto& rule : rules_under_test()) {
        if (!rule.elementwise) continue;
        ++rules;
        CAPTURE(rule.name);
        run<T> whole(rule, sizes{83}), parts(rule, sizes{21, 1, 61});
        const auto split = [&](const tensor_list<T>& x) {
            tensor_list<T> result;
            auto begin = x[0].begin();
            for (auto n : parts.of) {
                result.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(n));
                begin += static_cast<std::ptrdiff_t>(n);
            }
            return result;
        };
        parts.parameters = split(whole.parameters);
        for (int t = 1; t <= 10; ++t) {
            parts.opt->step(parts.parameters, split(gradient_of<T>(whole.of, t)), split(hessian_of<T>(whole.of, t)));
            whole.steps(t, t);
        }
        CHECK(parts.parameters == split(whole.parameters));
        for (auto name : whole.opt->states()) {
            const auto state = whole.opt->state(name, 0);
            const auto expected = split({{state.begin(), state.end()}});
            for (std::size_t k = 0; k < parts.of.size(); ++k)
                CHECK(first_difference(parts.opt->state(name, k), expected[k]) == nowhere);
        }
    }
    CHECK(rules > (has_all_rules ? 80 : 30));
}

TEST_CASE("every hyperparameter of every rule has an effect") {
    // But those that say what happens later than in these steps, further out, or for smaller parameters; what an angle is compared
    // with that is far from it; and the power of a learning rate of 1.
    const std::set<std::pair<std::string_view, std::string_view>> later{
        {"asgd", "t0"},       {"rprop", "step_max"},    {"barzilai_borwein", "lr_max"}, {"barzilai_borwein_short", "lr_max"},
        {"adabound", "final_lr"}, {"amsbound", "final_lr"}, {"schedule_free_sgd", "weight_lr_power"},
        {"adafactor", "eps2"}, {"adafactor_unfactored", "eps2"}, {"adafactor_optax", "min_scale"}, {"adafactor_momentum", "min_scale"},
        {"adamp", "delta"},       {"adamp", "wd_ratio"},    {"adamp_nesterov", "delta"},     {"adamp_nesterov", "wd_ratio"},
        {"sgdp", "delta"},        {"sgdp", "wd_ratio"},     {"sgdp_nesterov", "delta"},      {"sgdp_nesterov", "wd_ratio"},
        {"momo", "lower_bound"},  {"momo_star", "lower_bound"}, {"momo_adam", "lower_bound"}, {"momo_adam_star", "lower_bound"}};
    const sizes of{37, 5};
    for (const auto& rule : rules_under_test()) {
        CAPTURE(rule.name);
        run<double> as_given(rule, of);
        as_given.steps(1, 30);
        for (auto name : as_given.opt->hyperparameters()) {
            if (later.contains({rule.name, name})) continue;
            CAPTURE(name);
            run<double> other(rule, of);
            other.opt->set(name, changed(name, other.opt->get(name)));
            other.steps(1, 30);
            CHECK(!same(other.outcome(), as_given.outcome()));
        }
    }
}

namespace {

/// A way of running a rule at an end of what numbers can be.
struct extreme {
    const char* name;
    double gradient;                   ///< of what size
    std::set<std::string_view> rules;  ///< that do there what they do in double; docs/numerics.md says what ends the others
    const char* set_to_0 = "";         ///< hyperparameters whose names start so
    std::int64_t steps_before = 0;
};

/// How far float is from the reference after 10 steps from 0, relative to the largest parameter of the reference; NaN where
/// the reference has no number of float. Infinite where float has none.
double distance_at(const rule_under_test& rule, const extreme& at) {
    const sizes of{5, 1};
    const auto fused = rule.make<float>(rows_of(of));
    const auto reference = rule.reference(rows_of(of));
    const auto prepare = [&](auto& opt) {
        for (auto name : opt.hyperparameters())
            if (*at.set_to_0 != '\0' && name.starts_with(at.set_to_0)) opt.set(name, 0);
        opt.set_step_count(at.steps_before);
    };
    prepare(*fused), prepare(*reference);
    tensor_list<float> x{std::vector<float>(5), std::vector<float>(1)};
    auto exact = converted<double>(x);
    for (int t = 1; t <= 10; ++t) {
        tensor_list<float> g = x, h = x;
        for (std::size_t k = 0; k < of.size(); ++k)
            for (std::size_t i = 0; i < of[k]; ++i) {
                const double size = at.gradient * (1 + 0.3 * std::sin(1.7 * t + static_cast<double>(i + k)));
                g[k][i] = static_cast<float>(i % 2 == 0 ? size : -size);
                h[k][i] = static_cast<float>(size);
            }
        fused->step(x, g, h);
        reference->step(exact, converted<double>(g), converted<double>(h));
    }
    double largest = 0, worst = 0;
    for (std::size_t k = 0; k < of.size(); ++k)
        for (std::size_t i = 0; i < of[k]; ++i) {
            const double wanted = std::fabs(exact[k][i]), difference = std::fabs(static_cast<double>(x[k][i]) - exact[k][i]);
            if (!(wanted < 1e37)) return std::nan("");
            largest = std::max(largest, wanted);
            worst = difference == difference ? std::max(worst, difference) : HUGE_VAL;
        }
    if (largest == 0) return worst == 0 ? 0 : HUGE_VAL;
    return largest < 1e-36 ? std::nan("") : worst / largest;
}

}  // namespace

TEST_CASE("at the ends of the range of float a rule does what it does in double, where it does not square a gradient of that size") {
    const std::set<std::string_view> any{"cautious_adamw", "lamb", "msvag", "rmsprop_centered", "rprop"};
    const std::set<std::string_view> small{"cautious_adamw", "lamb", "rmsprop_centered", "rprop"}, large{"rprop"};
    // Without an average the variance is rounding alone.
    const std::set<std::string_view> no_variance{"cautious_adamw", "lamb", "msvag", "rprop"};
    const extreme all[]{
        {"gradients of 1", 1, any},
        {"gradients of 1e-20", 1e-20, small},
        {"gradients of 1e-30", 1e-30, small},
        {"gradients of 1e20", 1e20, large},
        {"gradients of 1e30", 1e30, large},
        {"gradients of 1e37", 1e37, large},
        {"gradients of 0", 0, any},
        {"2^53 steps", 1, any, "", (std::int64_t{1} << 53) - 20},
        {"decays of 0", 1, any, "beta"},
        {"an alpha of 0", 1, no_variance, "alpha"},
        {"a momentum of 0", 1, any, "momentum"},
        {"an eps of 0", 1, any, "eps"},
        {"a learning rate of 0", 1, any, "lr"},
    };
    for (const auto& at : all) {
        CAPTURE(at.name);
        for (const auto& rule : rules_under_test()) {
            if (!at.rules.contains(rule.name) && !measures()) continue;
            CAPTURE(rule.name);
            const double distance = distance_at(rule, at);
            CHECK((!at.rules.contains(rule.name) || distance <= 1e-3));
            if (measures()) std::printf("%s: %s: %.3g\n", at.name, std::string(rule.name).c_str(), distance);
        }
    }
}

TEST_CASE("a variance is not negative, whatever the rounding: gradients that do not vary give no NaN") {
    const auto gradient = normal_values<float>(200, 5);
    int rules = 0;
    for (const auto& rule : rules_under_test()) {
        if (rule.name.find("centered") == rule.name.npos && rule.name != "msvag") continue;
        ++rules;
        CAPTURE(rule.name);
        for (const double alpha : {0.9, 0.0}) {
            CAPTURE(alpha);
            const auto opt = rule.make<float>({{1, 200}});
            opt->set(rule.name == "msvag" ? "beta" : "alpha", alpha);
            tensor_list<float> x{std::vector<float>(200)};
            for (int t = 1; t <= 100; ++t) {
                const auto before = x;
                opt->step(x, {gradient}, {gradient});
                std::size_t uphill = 0;
                for (std::size_t i = 0; i < 200; ++i) uphill += !((x[0][i] - before[0][i]) * (gradient[i] > 0 ? 1.0F : -1.0F) <= 0);
                REQUIRE(uphill == 0);
            }
        }
    }
    if (has_all_rules) CHECK(rules == 7);
}

TEST_CASE("no budget of the table is more than float or double can tell") {
    for (const auto& row : zoo_table) {
        CAPTURE(row.rule);
        CHECK(row.float_ulps <= 0x1p23);
        CHECK(row.double_ulps <= 0x1p40);
    }
}
