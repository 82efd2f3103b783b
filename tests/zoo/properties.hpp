#pragma once

#include <furl/furl.hpp>
#include <furl/zoo/list.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// What every rule of the zoo must do, from one table: furl::zoo::all, in slices, so that compilers can share the work.
namespace furl::tests {

/// A problem to minimise: where to start, and the gradient and diagonal of the Hessian of its loss.
struct problem {
    std::string_view name;
    std::vector<double> start;
    double (*loss)(const std::vector<double>& x, std::vector<double>& gradient, std::vector<double>& hessian);
    double goal;  ///< the share of the first loss that counts as converged
};

inline double quadratic(const std::vector<double>& x, std::vector<double>& gradient, std::vector<double>& hessian) {
    double loss = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double curvature = 0.2 + 0.2 * static_cast<double>(i), distance = x[i] - 1;
        loss += 0.5 * curvature * distance * distance;
        gradient[i] = curvature * distance;
        hessian[i] = curvature;
    }
    return loss;
}

inline double rosenbrock(const std::vector<double>& x, std::vector<double>& gradient, std::vector<double>& hessian) {
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    gradient = {-2 * a - 40 * b * x[0], 20 * b};
    hessian = {2 - 40 * x[1] + 120 * x[0] * x[0], 20};
    return a * a + 10 * b * b;
}

/// A logistic regression on 64 points of a plane, fixed for all.
inline double logistic(const std::vector<double>& x, std::vector<double>& gradient, std::vector<double>& hessian) {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    std::fill(hessian.begin(), hessian.end(), 0.0);
    double loss = 0;
    constexpr int points = 64;
    for (int k = 0; k < points; ++k) {
        const std::array<double, 3> point{std::sin(1.7 * k) * 2, std::cos(2.3 * k) * 2, 1};
        const double label = point[0] - 0.5 * point[1] + 0.3 > 0 ? 1 : 0;
        const double z = x[0] * point[0] + x[1] * point[1] + x[2] * point[2];
        const double p = 1 / (1 + std::exp(-z));
        loss -= std::log(label > 0 ? p : 1 - p) / points;
        for (std::size_t i = 0; i < 3; ++i) {
            gradient[i] += (p - label) * point[i] / points;
            hessian[i] += p * (1 - p) * point[i] * point[i] / points;
        }
    }
    return loss;
}

inline const std::array<problem, 3>& problems() {
    static const std::array<problem, 3> list{
        problem{"a convex quadratic", {3, -2, 0.5, 4, -1, 2, 0, -3}, quadratic, 0.02},
        problem{"Rosenbrock's valley", {-0.5, 1.5}, rosenbrock, 0.2},
        problem{"a logistic regression", {0.5, 1, -0.5}, logistic, 0.5},
    };
    return list;
}

template <class Optimizer, class X, class G, class H>
bool step_with(Optimizer& opt, X& x, const G& gradient, const H& hessian) {
    if constexpr (plan<typename Optimizer::rule, contracted>::inputs == 1)
        return opt.step(x, gradient, input<"hessian"> = hessian);
    else
        return opt.step(x, gradient);
}

/// The lowest loss, as a share of the first, that the rule comes to with its best learning rate of a ladder.
template <class Rule>
double best_share(const problem& p) {
    double best = HUGE_VAL;
    for (const double lr : {3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003}) {
        optimizer<Rule> opt(p.start.size());
        opt.set("lr", lr);
        std::vector<double> x = p.start, gradient(x.size()), hessian(x.size());
        std::vector<float> parameters(x.begin(), x.end()), g(x.size()), h(x.size());
        const double first = p.loss(x, gradient, hessian);
        double last = first;
        for (int t = 0; t < 600 && std::isfinite(last); ++t) {
            std::copy(gradient.begin(), gradient.end(), g.begin());
            std::copy(hessian.begin(), hessian.end(), h.begin());
            step_with(opt, parameters, g, h);
            x.assign(parameters.begin(), parameters.end());
            last = p.loss(x, gradient, hessian);
        }
        if (std::isfinite(last)) best = std::min(best, last / first);
        if (best < p.goal) break;
    }
    return best;
}

template <class T>
struct stream_of_numbers {
    std::mt19937_64 random{7};
    std::vector<T> next(std::size_t n, double scale) {
        std::normal_distribution<double> normal;
        std::vector<T> x(n);
        for (auto& v : x) v = static_cast<T>(static_cast<float>(scale * normal(random)));
        return x;
    }
};

/// The largest distance of the fused rule in float from the reference in double over 100 steps, in units of the last
/// place of the largest parameter.
template <class Rule>
double ulps_from_reference() {
    constexpr std::size_t n = 67;
    optimizer<Rule> fused(n);
    reference<Rule> exact(n);
    stream_of_numbers<float> numbers;
    auto x = numbers.next(n, 1);
    std::vector<double> y(x.begin(), x.end());
    double worst = 0;
    for (int t = 1; t <= 100; ++t) {
        if (t == 50) {
            fused.set("lr", 0.5 * fused.get("lr"));
            exact.set("lr", 0.5 * exact.get("lr"));
        }
        const auto g = numbers.next(n, 0.1), h = numbers.next(n, 0.3);
        const std::vector<double> g2(g.begin(), g.end()), h2(h.begin(), h.end());
        step_with(fused, x, g, h);
        step_with(exact, y, g2, h2);
        double largest = 0, distance = 0;
        for (std::size_t i = 0; i < n; ++i) {
            largest = std::max(largest, std::fabs(y[i]));
            distance = std::max(distance, std::fabs(static_cast<double>(x[i]) - y[i]));
        }
        worst = std::max(worst, distance / (largest * 0x1p-24));
    }
    return worst;
}

template <class Optimizer>
void copy_states(Optimizer& from, Optimizer& to) {
    for (auto name : from.states())
        for (std::size_t i = 0; i < from.tensors(); ++i) std::ranges::copy(from.state(name, i), to.state(name, i).begin());
    for (auto name : from.scalar_states())
        for (std::size_t i = 0; i < from.tensors(); ++i) to.scalar_state(name, i) = from.scalar_state(name, i);
    for (auto name : from.hyperparameters()) to.set(name, from.get(name));
    to.set_step_count(from.step_count());
}

/// Saves everything at step 5, loads it into a new optimizer, and goes on with both.
template <class Rule>
bool resumes_with_the_same_bits() {
    const std::vector<std::size_t> sizes{19, 0, 5};
    optimizer<Rule> whole(sizes);
    stream_of_numbers<float> numbers;
    std::vector<std::vector<float>> x;
    for (auto n : sizes) x.push_back(numbers.next(n, 1));
    const auto draw = [&](double scale) {
        std::vector<std::vector<float>> g;
        for (auto n : sizes) g.push_back(numbers.next(n, scale));
        return g;
    };
    for (int t = 0; t < 5; ++t) {
        const auto g = draw(0.1), h = draw(0.3);
        step_with(whole, x, g, h);
    }
    optimizer<Rule> resumed(sizes);
    copy_states(whole, resumed);
    auto y = x;
    for (int t = 0; t < 5; ++t) {
        const auto g = draw(0.1), h = draw(0.3);
        step_with(whole, x, g, h);
        step_with(resumed, y, g, h);
    }
    return x == y;
}

/// Rules without reductions: the first 13 elements and the others, each by an optimizer of their own.
template <class Rule>
bool splits_with_the_same_bits() {
    if constexpr (cost<Rule>.passes > 1) {
        return true;
    } else {
        constexpr std::size_t n = 50, cut = 13;
        optimizer<Rule> whole(n);
        optimizer<Rule> parts({cut, n - cut});
        stream_of_numbers<float> numbers;
        auto x = numbers.next(n, 1);
        auto y = x;
        for (int t = 0; t < 5; ++t) {
            const auto g = numbers.next(n, 0.1), h = numbers.next(n, 0.3);
            step_with(whole, x, g, h);
            const auto split = [](const std::vector<float>& all) {
                return std::vector<std::span<const float>>{{all.data(), cut}, {all.data() + cut, n - cut}};
            };
            std::vector<std::span<float>> parameters{{y.data(), cut}, {y.data() + cut, n - cut}};
            step_with(parts, parameters, split(g), split(h));
        }
        return x == y;
    }
}

/// All properties of the rules First to Last of furl::zoo::all.
template <std::size_t First, std::size_t Last, std::size_t... I>
void check_rules(std::index_sequence<I...>) {
    const auto check = []<class Rule>(hana::basic_type<Rule>) {
        const std::string rule(type_name<Rule>());
        CAPTURE(rule);
        for (const auto& p : problems()) {
            CAPTURE(p.name);
            CHECK(best_share<Rule>(p) < p.goal);
        }
        CHECK(resumes_with_the_same_bits<Rule>());
        CHECK(splits_with_the_same_bits<Rule>());
        const double ulps = ulps_from_reference<Rule>();
        MESSAGE(rule, ": ", ulps, " ULP from the reference after 100 steps");
        CHECK(ulps < 64);
        optimizer<Rule> empty(0);
        std::vector<float> none;
        CHECK(step_with(empty, none, none, none));
    };
    (
        [&] {
            if constexpr (First + I < Last && First + I < decltype(hana::size(zoo::all))::value) check(zoo::all[hana::size_c<First + I>]);
        }(),
        ...);
}

template <std::size_t Slice, std::size_t Slices>
void check_slice() {
    constexpr std::size_t all = decltype(hana::size(zoo::all))::value;
    constexpr std::size_t first = all * Slice / Slices, last = all * (Slice + 1) / Slices;
    check_rules<first, last>(std::make_index_sequence<last - first>{});
}

}  // namespace furl::tests
