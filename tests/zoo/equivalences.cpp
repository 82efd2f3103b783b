#include "zoo/runs.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Where optimizers of the zoo are each other. They run on the same gradients, in double, with the settings that are told
// and their defaults else.
namespace {

using namespace furl::tests;

constexpr double huge = 1e300, tiny = 1e-300;
const sizes of{37, 5};

struct chosen {
    std::string_view rule;
    std::vector<std::pair<std::string_view, double>> settings = {};
};

using gradients = std::function<tensor_list<double>(int t)>;

/// Of changing scale, without zeros.
tensor_list<double> changing(int t) {
    auto g = gradient_of<double>(of, t);
    for (auto& tensor : g)
        for (auto& x : tensor) x = x == 0 ? 0.5 : x;
    return g;
}

tensor_list<double> constant(int) { return changing(1); }

gradients times(double factor, const gradients& inner) {
    return [=](int t) {
        auto g = inner(t);
        for (auto& tensor : g)
            for (auto& x : tensor) x *= factor;
        return g;
    };
}

/// Parameters after each of some steps, from a start.
std::vector<std::vector<double>> path(const chosen& c, const gradients& gradient, double start = 1) {
    run<double> r(rule_of(c.rule), of);
    for (auto& tensor : r.parameters)
        for (auto& x : tensor) x *= start;
    for (const auto& [name, value] : c.settings) r.opt->set(name, value);
    std::vector<std::vector<double>> result;
    for (int t = 0; t <= 40; ++t) {
        if (t > 0) r.opt->step(r.parameters, gradient(t), hessian_of<double>(of, t));
        auto& all = result.emplace_back();
        for (const auto& tensor : r.parameters) all.insert(all.end(), tensor.begin(), tensor.end());
    }
    return result;
}

/// The largest difference of two paths, relative to the largest value that the parameter has had.
double distance(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a[0].size(); ++i) {
        double largest = 0, difference = 0;
        for (std::size_t t = 0; t < a.size(); ++t) {
            largest = std::max(largest, std::fabs(a[t][i]));
            const double d = std::fabs(a[t][i] - b[t][i]);
            difference = d <= difference ? difference : d;  // a NaN counts
        }
        worst = difference <= worst * largest ? worst : difference / largest;
    }
    return worst;
}

struct equivalence {
    chosen one, other;
    gradients gradient = changing;
    double start = 1;  ///< times the usual start
    double tolerance = 0;
};

void check(std::initializer_list<equivalence> list) {
    for (const auto& e : list) {
        CAPTURE(e.one.rule);
        CAPTURE(e.other.rule);
        const auto a = path(e.one, e.gradient, e.start), b = path(e.other, e.gradient, e.start);
        CHECK(distance(a, b) <= e.tolerance);
        CHECK(a.back() != a.front());
    }
}

constexpr double rounding = 1e-13;

}  // namespace

TEST_CASE("momentum of 0 is no momentum: to the bit, where the learning rate is outside the accumulator") {
    check({{{"sgd_momentum", {{"momentum", 0}}}, {"sgd"}},
           {{"sgd_nesterov", {{"momentum", 0}}}, {"sgd"}},
           {{"heavy_ball", {{"momentum", 0}}}, {"sgd"}},
           {{"momentum", {{"momentum", 0}}}, {"sgd"}, changing, 1, rounding},
           {{"nesterov", {{"momentum", 0}}}, {"sgd"}, changing, 1, rounding},
           {{"rmsprop_momentum", {{"momentum", 0}}}, {"rmsprop"}},
           {{"rmsprop_centered_momentum", {{"momentum", 0}}}, {"rmsprop_centered"}},
           {{"rmsprop_keras_momentum", {{"momentum", 0}}}, {"rmsprop_keras"}, changing, 1, rounding},
           {{"rmsprop_keras_centered_momentum", {{"momentum", 0}}}, {"rmsprop_keras_centered"}, changing, 1, rounding},
           {{"rmsprop_tf_momentum", {{"momentum", 0}}}, {"rmsprop_tf"}, changing, 1, rounding},
           {{"rmsprop_tf_centered_momentum", {{"momentum", 0}}}, {"rmsprop_tf_centered"}, changing, 1, rounding},
           {{"alig_momentum", {{"momentum", 0}}}, {"alig"}},
           {{"lars_nesterov", {{"momentum", 0}}}, {"lars", {{"momentum", 0}}}},
           {{"lars_optax_nesterov", {{"momentum", 0}}}, {"lars_optax", {{"momentum", 0}}}}});
}

TEST_CASE("with hyperparameters that stay, the forms of momentum are one") {
    check({{{"heavy_ball"}, {"momentum"}, changing, 1, 1e-12},
           {{"momentum"}, {"sgd_momentum"}, changing, 1, rounding},
           {{"nesterov"}, {"sgd_nesterov"}, changing, 1, rounding},
           {{"aggmo", {{"beta1", 0.9}, {"beta2", 0.9}, {"beta3", 0.9}}}, {"sgd_momentum", {{"lr", 0.1}}}, changing, 1, rounding},
           {{"qhm", {{"nu", 0}}}, {"sgd", {{"lr", 0.1}}}, changing, 1, rounding},
           {{"qhm", {{"nu", 1}}}, {"sgd_momentum", {{"lr", 0.1 * (1 - 0.9)}}}, changing, 1, rounding},
           {{"pid", {{"integral", 0}, {"derivative", 0}}}, {"sgd"}},
           {{"asgd", {{"lambd", 0}}}, {"sgd"}}});
}

TEST_CASE("a weight decay of 0 is none, to the bit") {
    check({{{"adamw", {{"weight_decay", 0}}}, {"adam"}},
           {{"adamw_keras", {{"weight_decay", 0}}}, {"adam_eps_hat", {{"eps", 1e-7}}}},
           {{"adamw_amsgrad", {{"weight_decay", 0}}}, {"amsgrad"}},
           {{"nadam_decoupled", {{"weight_decay", 0}}}, {"nadam"}},
           {{"nadamw_optax", {{"weight_decay", 0}}}, {"nadam_optax"}},
           {{"adopt_decoupled", {{"weight_decay", 0}}}, {"adopt"}},
           {{"madgrad_decoupled", {{"weight_decay", 0}}}, {"madgrad"}},
           {{"adan_decoupled"}, {"adan"}},
           {{"tiger", {{"weight_decay", 0}, {"beta", 0.9}}}, {"signum"}}});
}

TEST_CASE("Adam is a corner of its relatives") {
    check({{{"qhadam", {{"nu1", 1}, {"nu2", 1}}}, {"adam"}, changing, 1, rounding},
           {{"ademamix", {{"alpha", 0}}}, {"adam"}, changing, 1, rounding},
           {{"adamod", {{"beta3", 0}}}, {"adam_eps_hat"}, changing, 1, rounding},
           {{"adabound", {{"gamma", tiny}}}, {"adam_eps_hat"}, changing, 1, rounding},
           {{"amsbound", {{"gamma", tiny}}}, {"amsgrad_keras", {{"eps", 1e-8}}}, changing, 1, rounding},
           {{"padam", {{"partial", 0.5}, {"eps", 1e-7}, {"lr", 1e-3}}}, {"amsgrad_keras"}, changing, 1, rounding},
           {{"nadam", {{"momentum_decay", huge}, {"lr", 1e-3}}}, {"nadam_optax"}, changing, 1, rounding},
           {{"laprop", {{"beta1", 0}, {"lr", 1e-3}, {"eps", 1e-8}}}, {"adam", {{"beta1", 0}}}, changing, 1, rounding},
           {{"adahessian_power", {{"hessian_power", 1}}}, {"adahessian"}, changing, 1, 1e-12},
           {{"adam_eps_inside", {{"eps", 0}}}, {"adam", {{"eps", 0}}}, changing, 1, rounding},
           {{"adam_eps_hat", {{"eps", 0}}}, {"adam", {{"eps", 0}}}, changing, 1, rounding},
           {{"adamax_keras", {{"eps", 0}}}, {"adamax", {{"eps", 0}, {"lr", 1e-3}}}, changing, 1, rounding},
           {{"lamb_apex", {{"weight_decay", 0}, {"max_grad_norm", huge}}}, {"adam", {{"eps", 1e-6}}}, changing, 1, rounding},
           {{"mars", {{"gamma", 0}}},
            {"adam", {{"lr", 3e-3}, {"beta1", 0.95}, {"beta2", 0.99}}},
            times(1e-4, changing),
            1,
            rounding}});
}

TEST_CASE("bounds that close at once make gradient descent with averaged gradients of AdaBound") {
    check({{{"adabound", {{"gamma", huge}}}, {"qhm", {{"nu", 1}}}, changing, 1, rounding}});
}

TEST_CASE("Lion with one decay is Tiger, and its smooth sign becomes the sign") {
    check({{{"lion", {{"beta1", 0.965}, {"beta2", 0.965}, {"lr", 1e-3}, {"weight_decay", 0.01}}}, {"tiger"}},
           {{"lion_tanh", {{"smooth_beta", 1e200}}}, {"lion"}}});
}

TEST_CASE("signs without weight leave gradient descent, and a decay that never comes leaves the signs") {
    check({{{"powersign", {{"logbase", 0}}}, {"sgd", {{"lr", 0.1}}}},
           {{"powersign_linear", {{"decay_steps", huge}}}, {"powersign"}},
           {{"addsign_linear", {{"decay_steps", huge}}}, {"addsign"}, changing, 1, rounding}});
}

TEST_CASE("dialects with norms agree where their differences vanish") {
    check({{{"lars", {{"momentum", 0}, {"eps", 0}}}, {"lars_optax", {{"momentum", 0}}}, changing, 1, rounding},
           {{"lamb_apex", {{"max_grad_norm", huge}}}, {"lamb", {{"weight_decay", 0.01}}}, changing, 1, rounding},
           {{"ftrl_keras", {{"initial_accumulator_value", 0}, {"lr", 0.1}, {"beta", 1}, {"l1", 0.1}, {"l2", 0.2}}},
            {"ftrl", {{"l1", 0.1}, {"l2", 0.4}}},
            changing,
            1,
            rounding}});
}

TEST_CASE("from 0 and without l1 and l2, FTRL is AdaGrad with beta for its epsilon") {
    check({{{"ftrl"}, {"adagrad", {{"lr", 0.1}, {"eps", 1.0}}}, changing, 0, 1e-11}});
}

TEST_CASE("a gradient that stays the same makes sign descent of Adam and those that divide by their own size") {
    check({{{"adam", {{"eps", 0}}}, {"signsgd"}, constant, 1, 1e-12},
           {{"adamax", {{"eps", 0}, {"lr", 1e-3}}}, {"signsgd"}, constant, 1, 1e-12},
           {{"amsgrad_optax", {{"eps", 0}}}, {"signsgd"}, constant, 1, 1e-11},
           {{"laprop", {{"eps", 0}, {"lr", 1e-3}}}, {"signsgd"}, constant, 1, 1e-12},
           {{"adan", {{"eps", 0}}}, {"signsgd"}, constant, 1, 1e-12},
           {{"signum"}, {"signsgd"}, constant},
           {{"lion", {{"lr", 1e-3}}}, {"signsgd"}, constant}});
}

TEST_CASE("where the moment agrees with the gradient, caution and Grams change nothing") {
    check({{{"cautious_adamw"}, {"adam_eps_hat", {{"eps", 1e-6}}}, constant, 1, rounding},
           {{"grams"}, {"adam_eps_hat", {{"eps", 1e-6}}}, constant, 1, rounding}});
}

TEST_CASE("a gradient without variance is not damped by M-SVAG") {
    check({{{"msvag"}, {"sgd", {{"lr", 0.1}}}, constant, 1, 1e-9}});
}

TEST_CASE("Nesterov's step on a gradient that stays the same is the next one of momentum") {
    const auto ahead = path({"sgd_nesterov"}, constant), behind = path({"sgd_momentum"}, constant);
    for (std::size_t t = 1; t + 1 < ahead.size(); ++t)
        for (std::size_t i = 0; i < ahead[0].size(); ++i) {
            const double step = ahead[t][i] - ahead[t - 1][i], next = behind[t + 1][i] - behind[t][i];
            REQUIRE(step == doctest::Approx(next).epsilon(1e-9));
        }
}

TEST_CASE("rules that divide by the size of gradients do not see their unit: the same bits for a gradient times 16") {
    for (const chosen& c : std::vector<chosen>{{"signsgd"},
                                               {"signum"},
                                               {"tiger"},
                                               {"lion"},
                                               {"adam_atan2"},
                                               {"rprop"},
                                               {"adam", {{"eps", 0}}},
                                               {"adamw", {{"eps", 0}}},
                                               {"adam_eps_hat", {{"eps", 0}}},
                                               {"amsgrad", {{"eps", 0}}},
                                               {"adamax", {{"eps", 0}}},
                                               {"nadam", {{"eps", 0}}},
                                               {"adan", {{"eps", 0}}},
                                               {"laprop", {{"eps", 0}}},
                                               {"ademamix", {{"eps", 0}}},
                                               {"smorms3", {{"eps", 0}}},
                                               {"adagrad", {{"eps", 0}}},
                                               {"rmsprop", {{"eps", 0}}},
                                               {"lars", {{"eps", 0}}},
                                               {"lamb", {{"eps", 0}}},
                                               {"novograd", {{"eps", 0}}},
                                               {"cautious_adamw", {{"eps", 0}}},
                                               {"dog", {{"eps", 0}}}}) {
        CAPTURE(c.rule);
        CHECK(path(c, times(16, changing)) == path(c, changing));
    }
    CHECK(path({"sgd"}, times(16, changing)) != path({"sgd"}, changing));
}

TEST_CASE("AMSGrad's steps are never longer than Adam's on the same gradients") {
    for (const auto& [bounded, free] : {std::pair("amsgrad", "adam"), {"amsgrad_keras", "adam_eps_hat"}}) {
        run<double> a(rule_of(bounded), of), b(rule_of(free), of);
        a.opt->set("eps", 1e-8);
        bool shorter = false;
        for (int t = 1; t <= 40; ++t) {
            a.parameters = b.parameters = values<double>(of, 1, 0.0);
            a.steps(t, t);
            b.steps(t, t);
            for (std::size_t k = 0; k < of.size(); ++k)
                for (std::size_t i = 0; i < of[k]; ++i) {
                    REQUIRE(std::fabs(a.parameters[k][i]) <= std::fabs(b.parameters[k][i]));
                    shorter = shorter || std::fabs(a.parameters[k][i]) < std::fabs(b.parameters[k][i]);
                }
        }
        CHECK(shorter);
    }
}

TEST_CASE("DoG and LDoG are one where there is one tensor, to the bit") {
    run<double> model(rule_of("dog"), sizes{37}), layers(rule_of("ldog"), sizes{37});
    model.steps(1, 30);
    layers.steps(1, 30);
    CHECK(same(model.outcome(), layers.outcome()));
}
