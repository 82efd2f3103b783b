#include <furl/optimizer.hpp>
#include <furl/zoo/barzilai_borwein.hpp>
#include <furl/zoo/cautious_adamw.hpp>
#include <furl/zoo/dadapt_adamw.hpp>
#include <furl/zoo/dog.hpp>
#include <furl/zoo/dowg.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/lars.hpp>
#include <furl/zoo/mars.hpp>
#include <furl/zoo/novograd.hpp>
#include <furl/zoo/prodigy.hpp>
#include <furl/zoo/stable_adamw.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <type_traits>
#include <vector>

// Rules with reductions over two tensors: which numbers are those of a tensor, and which of the whole model. Golden
// runs have one tensor and cannot tell.
namespace {

using namespace furl;
using real = long double;
using tensors = std::array<std::vector<real>, 2>;

constexpr std::array<std::size_t, 2> sizes{37, 5};
constexpr int steps = 40;

// The tensors differ in scale, so that a norm of one is not the norm of both.
double start(std::size_t tensor, std::size_t i) {
    return (tensor ? 3.0 : 0.2) * std::cos(1.0 + static_cast<double>(i + 3 * tensor));
}

double gradient(int t, std::size_t tensor, std::size_t i) {
    const double wave = std::sin(0.7 * t + 1.3 * static_cast<double>(i) + static_cast<double>(tensor));
    return (tensor ? 2.0 : 0.05) * (0.2 + wave);
}

template <class Number, class Value>
std::array<std::vector<Number>, 2> fill(Value value) {
    std::array<std::vector<Number>, 2> result;
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t i = 0; i < sizes[k]; ++i) result[k].push_back(static_cast<Number>(value(k, i)));
    return result;
}

tensors zeros() {
    return fill<real>([](std::size_t, std::size_t) { return 0; });
}

// The sum of term(k, i) over one tensor, or over both.
real sum_over(std::size_t k, const std::function<real(std::size_t, std::size_t)>& term) {
    real result = 0;
    for (std::size_t i = 0; i < sizes[k]; ++i) result += term(k, i);
    return result;
}
real sum_over_all(const std::function<real(std::size_t, std::size_t)>& term) {
    return sum_over(0, term) + sum_over(1, term);
}

void for_each(const std::function<void(std::size_t, std::size_t)>& body) {
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t i = 0; i < sizes[k]; ++i) body(k, i);
}

template <class Rule>
optimizer<Rule, double> prepared(std::initializer_list<std::pair<std::string_view, double>> settings) {
    optimizer<Rule, double> opt(sizes);
    for (const auto& [name, value] : settings) opt.set(name, value);
    return opt;
}

/// The largest difference of the rule in double from a plain loop over both tensors, relative to the parameter.
/// one_step(t, g, x): one step of both tensors; its states are its own.
template <class Rule, class OneStep>
double distance(optimizer<Rule, double>& opt, OneStep one_step) {
    auto parameters = fill<double>(start);
    auto x = fill<real>(start);
    real worst = 0;
    for (int t = 1; t <= steps; ++t) {
        const auto slope = [t](std::size_t k, std::size_t i) { return gradient(t, k, i); };
        opt.step(parameters, fill<double>(slope));
        one_step(t, fill<real>(slope), x);
        for_each([&](std::size_t k, std::size_t i) {
            const real error = std::fabs(parameters[k][i] - x[k][i]) / (1 + std::fabs(x[k][i]));
            if (!(error <= worst) && worst == worst) worst = error;  // a NaN stays
        });
    }
    return static_cast<double>(worst);
}

double relative(double x, real exact) { return static_cast<double>(std::fabs(x - exact) / std::fabs(exact)); }

constexpr double few_roundings = 1e-13;
constexpr double amplified = 1e-10;  // where small differences of parameters are what counts

/// Whether two tensors in one optimizer do, to the bit, what each does in an optimizer of its own.
template <class Rule>
bool each_by_itself() {
    optimizer<Rule, double> both(sizes), first(sizes[0]), second(sizes[1]);
    auto together = fill<double>(start), apart = together;
    for (int t = 1; t <= steps; ++t) {
        const auto slope = fill<double>([t](std::size_t k, std::size_t i) { return gradient(t, k, i); });
        both.step(together, slope);
        first.step(apart[0], slope[0]);
        second.step(apart[1], slope[1]);
    }
    return together == apart;
}

}  // namespace

TEST_CASE_TEMPLATE("layer-wise rules treat each tensor by itself", Rule, zoo::lars, zoo::lars_optax, zoo::lamb,
                   zoo::novograd, zoo::stable_adamw, zoo::cautious_adamw, zoo::mars, zoo::ldog) {
    const bool same = each_by_itself<Rule>();
    CHECK(same);
}

TEST_CASE("NovoGrad keeps the second moment of each tensor") {
    optimizer<zoo::novograd, double> opt(sizes);
    auto parameters = fill<double>(start);
    std::array<real, 2> v{};
    for (int t = 1; t <= 3; ++t) {
        const auto g = fill<double>([t](std::size_t k, std::size_t i) { return gradient(t, k, i); });
        opt.step(parameters, g);
        for (std::size_t k = 0; k < 2; ++k) {
            const auto square = sum_over(k, [&](std::size_t, std::size_t i) { return real(g[k][i]) * g[k][i]; });
            v[k] = t == 1 ? square : real(0.25) * v[k] + real(0.75) * square;
            REQUIRE(opt.state(zoo::novograd::v, k).size() == 1);
            CHECK(relative(opt.state(zoo::novograd::v, k)[0], v[k]) < few_roundings);
        }
    }
}

TEST_CASE("apex's LAMB clips by the norm of the model, and steps by the norms of the tensor") {
    auto opt = prepared<zoo::lamb_apex>({{"max_grad_norm", 2.0}});
    auto m = zeros(), v = zeros();
    CHECK(distance(opt, [&](int t, tensors g, tensors& x) {
              const real length = std::sqrt(sum_over_all([&](auto k, auto i) { return g[k][i] * g[k][i]; }));
              tensors u = zeros();
              for_each([&](std::size_t k, std::size_t i) {
                  g[k][i] /= std::max(real(1), length / 2);
                  m[k][i] = real(0.9) * m[k][i] + (1 - real(0.9)) * g[k][i];
                  v[k][i] = real(0.999) * v[k][i] + (1 - real(0.999)) * g[k][i] * g[k][i];
                  u[k][i] = m[k][i] / (1 - std::pow(real(0.9), t)) /
                                (std::sqrt(v[k][i] / (1 - std::pow(real(0.999), t))) + real(1e-6)) +
                            real(0.01) * x[k][i];
              });
              for (std::size_t k = 0; k < 2; ++k) {
                  const real p = std::sqrt(sum_over(k, [&](auto, auto i) { return x[k][i] * x[k][i]; }));
                  const real q = std::sqrt(sum_over(k, [&](auto, auto i) { return u[k][i] * u[k][i]; }));
                  for (std::size_t i = 0; i < sizes[k]; ++i) x[k][i] -= real(1e-3) * p / q * u[k][i];
              }
          }) < few_roundings);
}

TEST_CASE("DoG measures the way and the gradients of the model") {
    auto opt = prepared<zoo::dog>({{"reps_rel", 1e-2}});
    const auto x0 = fill<real>(start);
    real r = real(0.01) * (1 + std::sqrt(sum_over_all([&](auto k, auto i) { return x0[k][i] * x0[k][i]; })));
    real G = 1e-8;
    CHECK(distance(opt, [&](int, const tensors& g, tensors& x) {
              r = std::max(r, std::sqrt(sum_over_all([&](auto k, auto i) {
                               return (x[k][i] - x0[k][i]) * (x[k][i] - x0[k][i]);
                           })));
              G += sum_over_all([&](auto k, auto i) { return g[k][i] * g[k][i]; });
              for_each([&](std::size_t k, std::size_t i) { x[k][i] -= r / std::sqrt(G) * g[k][i]; });
          }) < amplified);
    CHECK(relative(opt.state(zoo::dog::r, 0)[0], r) < amplified);
    CHECK(relative(opt.state(zoo::dog::G, 0)[0], G) < few_roundings);
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t i = 0; i < sizes[k]; ++i) CHECK(opt.state(zoo::dog::x0, k)[i] == start(k, i));
}

TEST_CASE("DoWG measures the way and the gradients of the model") {
    auto opt = prepared<zoo::dowg>({});
    const auto x0 = fill<real>(start);
    real r2 = 1e-4, v = 0;
    CHECK(distance(opt, [&](int, const tensors& g, tensors& x) {
              r2 = std::max(r2, sum_over_all([&](auto k, auto i) {
                                return (x[k][i] - x0[k][i]) * (x[k][i] - x0[k][i]);
                            }));
              v += r2 * sum_over_all([&](auto k, auto i) { return g[k][i] * g[k][i]; });
              for_each([&](std::size_t k, std::size_t i) { x[k][i] -= r2 / (std::sqrt(v) + real(1e-4)) * g[k][i]; });
          }) < amplified);
    CHECK(relative(opt.state(zoo::dowg::r2, 1)[0], r2) < amplified);
}

TEST_CASE("Prodigy has one learning rate for the model") {
    auto opt = prepared<zoo::prodigy>({{"d0", 1e-2}, {"weight_decay", 0.1}});
    const auto x0 = fill<real>(start);
    const real d0 = 0.01L, beta3 = std::sqrt(0.999L);
    real d = d0, N = 0;
    auto m = zeros(), v = zeros(), s = zeros();
    const double error = distance(opt, [&](int, const tensors& g, tensors& x) {
        const real k_t = d;
        N = beta3 * N + d / d0 * k_t * sum_over_all([&](auto k, auto i) { return g[k][i] * (x0[k][i] - x[k][i]); });
        for_each([&](std::size_t k, std::size_t i) {
            m[k][i] = 0.9L * m[k][i] + 0.1L * d * g[k][i];
            v[k][i] = 0.999L * v[k][i] + 0.001L * d * d * g[k][i] * g[k][i];
            s[k][i] = beta3 * s[k][i] + d / d0 * k_t * g[k][i];
        });
        d = std::max(d, N / sum_over_all([&](auto k, auto i) { return std::fabs(s[k][i]); }));
        for_each([&](std::size_t k, std::size_t i) {
            x[k][i] = x[k][i] * (1 - k_t * 0.1L) - k_t * m[k][i] / (std::sqrt(v[k][i]) + d * 1e-8L);
        });
    });
    CHECK(error < amplified);
    CHECK(d > 2 * d0);
    CHECK(relative(opt.state(zoo::prodigy::d, 0)[0], d) < amplified);
    CHECK(relative(opt.state(zoo::prodigy::N, 0)[0], N) < amplified);
}

TEST_CASE("D-Adaptation has one learning rate for the model") {
    auto opt = prepared<zoo::dadapt_adamw>({{"d0", 1e-3}, {"weight_decay", 0.1}});
    const real w = std::sqrt(0.999L);
    real d = 1e-3L, N = 0;
    auto m = zeros(), v = zeros(), s = zeros();
    const double error = distance(opt, [&](int, const tensors& g, tensors& x) {
        const real k_t = d;
        N = w * N + (1 - w) * k_t * sum_over_all([&](auto k, auto i) {
                return g[k][i] * s[k][i] / (std::sqrt(v[k][i]) + 1e-8L);
            });
        for_each([&](std::size_t k, std::size_t i) {
            m[k][i] = 0.9L * m[k][i] + 0.1L * k_t * g[k][i];
            v[k][i] = 0.999L * v[k][i] + 0.001L * g[k][i] * g[k][i];
            s[k][i] = w * s[k][i] + (1 - w) * k_t * g[k][i];
            x[k][i] = x[k][i] * (1 - k_t * 0.1L) - m[k][i] / (std::sqrt(v[k][i]) + 1e-8L);
        });
        d = std::max(d, N / ((1 - w) * sum_over_all([&](auto k, auto i) { return std::fabs(s[k][i]); })));
    });
    CHECK(error < amplified);
    CHECK(d > 2e-3L);
    CHECK(relative(opt.state(zoo::dadapt_adamw::d, 0)[0], d) < amplified);
}

TEST_CASE_TEMPLATE("Barzilai-Borwein has one step length for the model", Rule, zoo::barzilai_borwein,
                   zoo::barzilai_borwein_short) {
    constexpr bool is_short = std::is_same_v<Rule, zoo::barzilai_borwein_short>;
    auto opt = prepared<Rule>({{"lr_max", 0.05}});
    real a = 1e-3L;
    tensors last_x, last_g;
    const double error = distance(opt, [&](int t, const tensors& g, tensors& x) {
        const auto y = [&](std::size_t k, std::size_t i) { return g[k][i] - last_g[k][i]; };
        const auto way = [&](std::size_t k, std::size_t i) { return x[k][i] - last_x[k][i]; };
        if (t > 1) {
            const real xx = sum_over_all([&](auto k, auto i) { return way(k, i) * way(k, i); });
            const real xy = std::fabs(sum_over_all([&](auto k, auto i) { return way(k, i) * y(k, i); }));
            const real yy = sum_over_all([&](auto k, auto i) { return y(k, i) * y(k, i); });
            a = std::min(is_short ? xy / yy : xx / xy, 0.05L);
        }
        last_x = x;
        last_g = g;
        for_each([&](std::size_t k, std::size_t i) { x[k][i] -= a * g[k][i]; });
    });
    CHECK(error < amplified);
    CHECK(std::fabs(opt.state(Rule::a, 0)[0] - a) < amplified);
}
