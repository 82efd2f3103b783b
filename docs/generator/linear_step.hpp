#pragma once

#include "stability.hpp"

#include <Eigen/Core>

#include <string_view>
#include <vector>

namespace docs {

/// The conditions of a step: hyperparameters, the number of the step, and the values of held states.
struct setting {
    std::vector<double> hyperparameters{};  ///< in the order of the program
    double step = 1e6;                      ///< a late one, at which bias corrections and schedules have come to an end
    std::string_view other{};               ///< a held state that has another value than 1
    double value_of_other = 1;
};

/// A step near the minimum of a quadratic, as a matrix: of the parameter, which is the first variable, and of the states that later
/// steps read. For a gradient of h times the parameter it is `rest`, with h * `by_gradient` added to the first column.
struct linear_step {
    std::string_view reason{};  ///< why a step is no matrix; empty if it is one
    std::vector<std::size_t> variables{};  ///< 0 for the parameter, or 2 and the number of the state
    Eigen::MatrixXd rest{};
    Eigen::VectorXd by_gradient{};
    std::vector<std::string_view> held{};  ///< the states that are not linear

    Eigen::MatrixXd at(double curvature) const {
        Eigen::MatrixXd result = rest;
        result.col(0) += curvature * by_gradient;
        return result;
    }
};

/// Derives the matrix of a step by the chain rule through the rule's program. The point is the minimum, where the parameter, the
/// gradient and the linear states are 0; states that are not linear are held at 1.
///
/// States that depend on nothing but the step, such as a product of decays, have the values that they reach after many steps. The
/// tensor has one element, so a reduction is of one value.
linear_step linearize(const rule_program& rule, const setting& given);

}  // namespace docs
