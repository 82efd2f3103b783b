#pragma once

#include "digits.hpp"
#include "losses.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What optimizers race on: functions of two variables whose minima are known, and a logistic regression.
namespace examples {

struct evaluation {
    double loss = 0;
    std::vector<double> gradient, curvature;  ///< curvature: the diagonal of the Hessian
};

struct race_problem {
    std::string name;
    std::vector<double> start;
    std::function<evaluation(const std::vector<double>& x, std::size_t step)> at;
    std::function<double(const std::vector<double>& x)> loss;  ///< of all data
    double least = 0;                                          ///< the loss at the minimum

    /// Of functions of two variables.
    std::pair<double, double> x_range, y_range;
    std::vector<double> contour_levels;
    std::vector<std::pair<double, double>> minima;
};

namespace detail {

inline race_problem of_two_variables(std::string name, double x, double y, evaluation (*at)(double x, double y)) {
    race_problem p;
    p.name = std::move(name);
    p.start = {x, y};
    p.at = [at](const std::vector<double>& v, std::size_t) { return at(v[0], v[1]); };
    p.loss = [at](const std::vector<double>& v) { return at(v[0], v[1]).loss; };
    return p;
}

}  // namespace detail

/// (1 - x)^2 + 100 (y - x^2)^2: a bent valley, steep across and flat along.
inline race_problem rosenbrock() {
    auto p = detail::of_two_variables("Rosenbrock", -1.2, 1, [](double x, double y) -> evaluation {
        const double off = y - x * x;
        return {(1 - x) * (1 - x) + 100 * off * off,
                {-2 * (1 - x) - 400 * x * off, 200 * off},
                {2 - 400 * off + 800 * x * x, 200}};
    });
    p.x_range = {-2, 2}, p.y_range = {-1, 3};
    p.contour_levels = {0.1, 0.5, 2, 6, 20, 60, 200, 600, 2000};
    p.minima = {{1, 1}};
    return p;
}

/// The sum over k = 1, 2, 3 of (c_k - x (1 - y^k))^2 with c = 1.5, 2.25, 2.625: a plain with steep corners.
inline race_problem beale() {
    auto p = detail::of_two_variables("Beale", 1, 1, [](double x, double y) -> evaluation {
        evaluation e{0, {0, 0}, {0, 0}};
        const double c[]{1.5, 2.25, 2.625};
        for (int k = 1; k <= 3; ++k) {
            const double r = c[k - 1] - x * (1 - std::pow(y, k));
            const double by_x = std::pow(y, k) - 1, by_y = k * x * std::pow(y, k - 1);
            const double by_yy = k > 1 ? k * (k - 1) * x * std::pow(y, k - 2) : 0;
            e.loss += r * r;
            e.gradient[0] += 2 * r * by_x;
            e.gradient[1] += 2 * r * by_y;
            e.curvature[0] += 2 * by_x * by_x;
            e.curvature[1] += 2 * (by_y * by_y + r * by_yy);
        }
        return e;
    });
    p.x_range = {-1, 4.5}, p.y_range = {-2, 2};
    p.contour_levels = {0.05, 0.3, 1, 3, 10, 30, 100, 300, 1000, 10000};
    p.minima = {{3, 0.5}};
    return p;
}

/// (x^2 + y - 11)^2 + (x + y^2 - 7)^2: four minima.
inline race_problem himmelblau() {
    auto p = detail::of_two_variables("Himmelblau", -0.5, -1.5, [](double x, double y) -> evaluation {
        const double a = x * x + y - 11, b = x + y * y - 7;
        return {a * a + b * b,
                {4 * x * a + 2 * b, 2 * a + 4 * y * b},
                {4 * a + 8 * x * x + 2, 2 + 4 * b + 8 * y * y}};
    });
    p.x_range = {-5, 5}, p.y_range = {-5, 5};
    p.contour_levels = {2, 10, 30, 70, 120, 180, 300, 500, 900};
    p.minima = {{3, 2}, {-2.805118, 3.131312}, {-3.779310, -3.283186}, {3.584428, -1.848126}};
    return p;
}

/// Softmax regression on digits, averaged down to 7 by 7 pixels: 500 parameters, a batch in each step.
///
/// The curvature is that of the batch: the mean of p (1 - p) x^2, exact for this loss.
class digit_regression {
  public:
    digit_regression(const digits& all, std::size_t batch)
        : inputs_(reduced(all.pixels)), labels_(all.labels), batch_(std::min(batch, all.labels.size())) {}

    race_problem problem() const {
        race_problem p;
        p.name = "digits";
        p.start.assign(10 * static_cast<std::size_t>(inputs_.rows()), 0.0);
        p.at = [this](const std::vector<double>& w, std::size_t step) {
            const std::size_t count = labels_.size() / batch_;
            const std::size_t first = step % count * batch_;
            const auto columns = static_cast<Eigen::Index>(batch_);
            const auto inputs = inputs_.middleCols(static_cast<Eigen::Index>(first), columns);
            Eigen::MatrixXd delta;
            evaluation e;
            e.loss = softmax_cross_entropy<double>(weights(w) * inputs, std::span(labels_).subspan(first, batch_), delta);
            e.gradient = flat(delta * inputs.transpose());
            // delta is (p - label) / batch
            Eigen::MatrixXd share = delta * static_cast<double>(batch_);
            for (Eigen::Index j = 0; j < columns; ++j) share(labels_[first + static_cast<std::size_t>(j)], j) += 1;
            const Eigen::MatrixXd bend = (share.array() * (1 - share.array()) / static_cast<double>(batch_)).matrix();
            e.curvature = flat(bend * inputs.array().square().matrix().transpose());
            return e;
        };
        p.loss = [this](const std::vector<double>& w) {
            Eigen::MatrixXd unused;
            return softmax_cross_entropy<double>(weights(w) * inputs_, labels_, unused);
        };
        return p;
    }

  private:
    Eigen::MatrixXd inputs_;  // a column per digit: 49 pixels and a 1
    std::vector<std::uint8_t> labels_;
    std::size_t batch_;

    static Eigen::MatrixXd reduced(const Eigen::MatrixXf& pixels) {
        const auto side = static_cast<Eigen::Index>(std::lround(std::sqrt(static_cast<double>(pixels.rows()))));
        const Eigen::Index cell = std::max<Eigen::Index>(side / 7, 1), across = side / cell;
        Eigen::MatrixXd small = Eigen::MatrixXd::Zero(across * across + 1, pixels.cols());
        for (Eigen::Index j = 0; j < pixels.cols(); ++j) {
            for (Eigen::Index i = 0; i < across * cell * side; ++i) {
                const Eigen::Index row = i / side / cell, column = i % side / cell;
                if (column < across) small(row * across + column, j) += static_cast<double>(pixels(i, j));
            }
            small.col(j) /= static_cast<double>(cell * cell);
            small(across * across, j) = 1;
        }
        return small;
    }

    Eigen::Map<const Eigen::MatrixXd> weights(const std::vector<double>& w) const {
        return {w.data(), 10, inputs_.rows()};
    }
    static std::vector<double> flat(const Eigen::MatrixXd& m) { return {m.data(), m.data() + m.size()}; }
};

}  // namespace examples
