#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

// What the rules are to minimize. Minima are away from 0, where rules that step by the norm of a tensor would stand still.
namespace furl::tests {

struct evaluation {
    double loss = 0;
    std::vector<double> gradient, curvature;  ///< curvature: the diagonal of the Hessian
};

/// A parabola in 6 dimensions, with curvatures from 1 to 10.
struct quadratic {
    static constexpr const char* name = "a convex quadratic";
    std::vector<double> start{2, 1, -1, 0.5, 3, -0.2};
    double target = 1e-3 * at(start).loss;
    int steps = 600;

    static evaluation at(const std::vector<double>& x) {
        static const std::vector<double> minimum{1, -0.5, 0.3, 2, 1.5, -1}, curvature{1, 2, 4, 6, 8, 10};
        evaluation e{0, {}, curvature};
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double d = x[i] - minimum[i];
            e.loss += curvature[i] * d * d / 2;
            e.gradient.push_back(curvature[i] * d);
        }
        return e;
    }
};

/// Rosenbrock's valley, from its customary start.
struct rosenbrock {
    static constexpr const char* name = "Rosenbrock's function";
    std::vector<double> start{-1.2, 1};
    double target = 0.1;  // 24.2 at the start, about 4 where the valley is met
    int steps = 10000;

    static evaluation at(const std::vector<double>& p) {
        const double x = p[0], y = p[1], off = y - x * x;
        return {(1 - x) * (1 - x) + 100 * off * off,
                {-2 * (1 - x) - 400 * x * off, 200 * off},
                {2 - 400 * (off - 2 * x * x), 200}};
    }
};

/// Logistic regression: 80 samples of 4 features and a constant, whose classes overlap.
struct logistic {
    static constexpr const char* name = "a logistic regression";
    std::vector<double> start{0.1, -0.1, 0.1, -0.1, 0.1};
    double target = 1.02 * least();
    int steps = 600;

    static evaluation at(const std::vector<double>& w) {
        evaluation e{0, std::vector<double>(w.size()), std::vector<double>(w.size())};
        for (const auto& [x, label] : samples()) {
            double z = 0;
            for (std::size_t i = 0; i < w.size(); ++i) z += w[i] * x[i];
            const double p = 1 / (1 + std::exp(-z));
            e.loss -= std::log(std::max(label > 0 ? p : 1 - p, 1e-300)) / 80;
            for (std::size_t i = 0; i < w.size(); ++i) {
                e.gradient[i] += (p - label) * x[i] / 80;
                e.curvature[i] += p * (1 - p) * x[i] * x[i] / 80;
            }
        }
        return e;
    }

  private:
    struct sample {
        std::vector<double> x;
        double label;
    };

    static const std::vector<sample>& samples() {
        static const auto all = [] {
            std::mt19937_64 random(7);
            const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
            std::vector<sample> list;
            for (int k = 0; k < 80; ++k) {
                std::vector<double> x;
                for (int i = 0; i < 4; ++i) x.push_back((uniform() + uniform() + uniform() - 1.5) * (1 + i));
                x.push_back(1);
                const double z = 1.5 * x[0] - x[1] + 0.5 * x[2] + 0.3 * x[3] + 0.4;
                list.push_back({x, uniform() < 1 / (1 + std::exp(-z)) ? 1.0 : 0.0});
            }
            return list;
        }();
        return all;
    }

    // By long plain descent.
    static double least() {
        static const double loss = [] {
            std::vector<double> w(5);
            for (int t = 0; t < 5000; ++t) {
                const auto e = at(w);
                for (std::size_t i = 0; i < w.size(); ++i) w[i] -= e.gradient[i];
            }
            return at(w).loss;
        }();
        return loss;
    }
};

}  // namespace furl::tests
