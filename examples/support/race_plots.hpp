#pragma once

#include "plot.hpp"
#include "race_problems.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

// What a race came to, and its pictures.
namespace examples {

/// One optimizer on one problem.
struct result {
    double lr = 0, loss = std::numeric_limits<double>::infinity();
    std::vector<std::vector<double>> path;  ///< after 0, 1, ... steps; of functions of two variables
    std::vector<double> losses;
    int rank = 0;
};

inline constexpr double there = 1e-12;  // a loss at which a function of two variables is at its minimum

/// How each optimizer did, by problem; ranks: 1 is best, equal losses share one, and so do all that are there.
struct standing {
    std::string name;
    std::vector<result> results;
    double mean_rank = 0;
};

inline curve points_of(std::string name, const std::vector<double>& y) {
    curve c;
    c.name = std::move(name);
    for (std::size_t t = 0; t < y.size(); ++t) {
        c.x.push_back(static_cast<double>(t));
        c.y.push_back(std::max(y[t], there));
    }
    return c;
}

/// The way over the contour lines of a function of two variables.
inline chart way_chart(const std::string& title, const race_problem& problem, const result& r) {
    char label[80];
    std::snprintf(label, sizeof label, "%s, lr %.3g", problem.name.c_str(), r.lr);
    curve way, minima;
    for (const auto& x : r.path) way.x.push_back(x[0]), way.y.push_back(x[1]);
    for (const auto& [x, y] : problem.minima) minima.x.push_back(x), minima.y.push_back(y);
    way.drawn = curve::both;
    minima.drawn = curve::points;
    return {.title = title.empty() ? label : title + ": " + label,
            .x_label = "x",
            .y_label = "y",
            .curves = {way, minima},
            .x_range = problem.x_range,
            .y_range = problem.y_range,
            .below = contours{[&problem](double x, double y) {
                                  return problem.loss({x, y});
                              },
                              problem.contour_levels}};
}

inline chart loss_chart(std::string title, std::vector<curve> curves) {
    return {.title = std::move(title),
            .x_label = "step",
            .y_label = "loss",
            .curves = std::move(curves),
            .log_y = true,
            .legend = "bottom left"};
}

/// A file for each optimizer: its way on each function of two variables, and its losses; and one of the best.
inline void draw_plots(const std::string& directory, const std::vector<race_problem>& problems,
                       const std::vector<standing>& all) {
    std::filesystem::create_directories(directory);
    for (const auto& s : all) {
        std::vector<chart> charts;
        std::vector<curve> losses;
        for (std::size_t p = 0; p < problems.size(); ++p) {
            if (!problems[p].minima.empty()) charts.push_back(way_chart(s.name, problems[p], s.results[p]));
            losses.push_back(points_of(problems[p].name, s.results[p].losses));
        }
        charts.push_back(loss_chart(s.name + ": losses", losses));
        draw((std::filesystem::path(directory) / (s.name + ".svg")).string(), charts, 2);
    }
    std::vector<chart> charts;
    for (std::size_t p = 0; p < problems.size(); ++p) {
        auto sorted = all;
        std::ranges::stable_sort(sorted, {}, [&](const auto& s) { return s.results[p].loss; });
        std::vector<curve> curves;
        for (std::size_t i = 0; i < std::min<std::size_t>(8, sorted.size()); ++i)
            curves.push_back(points_of(sorted[i].name, sorted[i].results[p].losses));
        charts.push_back(loss_chart(problems[p].name + ": the best", curves));
    }
    draw((std::filesystem::path(directory) / "race.svg").string(), charts, 2);
    std::printf("plots: %zu files in %s\n", all.size() + 1, directory.c_str());
}

}  // namespace examples
