#pragma once

#include "stability.hpp"

#include <string>
#include <vector>

namespace docs {

/// The limit of stability of a rule, by its momentum.
struct stability_curve {
    std::string label{};  ///< at the end of the curve; empty for none
    std::vector<std::pair<double, double>> limits{};
};

/// Draws limits of stability as an SVG. Of a single rule it shades where the rule is stable, and marks the default.
std::string draw_stability(const stability& rule);
std::string draw_stability(const std::vector<stability_curve>& curves);

/// Says in HTML below which product of learning rate and curvature a rule is stable, or why there is no such number.
std::string stability_in_words(const stability& rule);

}  // namespace docs
