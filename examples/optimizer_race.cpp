// Shows:  every optimizer of the zoo on Rosenbrock's, Beale's and Himmelblau's functions and on a logistic regression
// of
//         digits, each at its own best learning rate.
// Prints: a table of learning rates and of how far from the minimum each ends; plots show the ways and the losses.
//
// The race is fair in this sense: all have the same number of steps, their default hyperparameters without weight decay
// (which moves the minimum), and the best learning rate of one grid for all, found on the very problem.
#include "support/digits.hpp"
#include "support/race_plots.hpp"
#include "support/run_example.hpp"

#include <furl/runtime/make_optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace examples;

struct options {
    std::size_t steps = 500, digit_steps = 200, digits = 2000;
    int rates = 2;  ///< learning rates per decade
    std::vector<std::string> only;
    std::string sort = "rank", plots, data;
    std::uint64_t seed = 1;
};

/// A run at one learning rate; with its losses and its path only where they are wanted.
result run(std::string_view rule, const race_problem& problem, std::size_t steps, double lr, bool keep) {
    auto opt = furl::make_optimizer<double>(rule, {}, {problem.start.size()});
    const auto has = [&](std::string_view name) { return std::ranges::count(opt.hyperparameters(), name) > 0; };
    // Where the step length comes of the curvature, its bound is what one chooses.
    opt[has("lr_max") ? "lr_max" : "lr"] = lr;
    if (has("weight_decay")) opt["weight_decay"] = 0;
    const double batch = rule == "sophia_g" ? opt["batch"] : 0;

    result r;
    r.lr = lr;
    auto x = problem.start;
    for (std::size_t t = 0; t < steps; ++t) {
        auto e = problem.at(x, t);
        if (keep) r.losses.push_back(e.loss), r.path.push_back(x);
        if (!(std::fabs(e.loss) < 1e12)) return r;
        // What Sophia-G is given stands for a gradient with sampled labels: it is squared, times the batch.
        if (batch > 0)
            for (double& h : e.curvature) h = std::sqrt(std::fabs(h) / batch);
        if (!opt.info().inputs.empty()) opt.step(x, e.gradient, {{"hessian", e.curvature}});
        else if (!opt.info().step_inputs.empty()) opt.step(x, e.gradient, {{"loss", e.loss}});
        else opt.step(x, e.gradient);
    }
    const double loss = problem.loss(x);
    if (keep) r.losses.push_back(loss), r.path.push_back(x);
    if (std::isfinite(loss)) r.loss = loss - problem.least;
    return r;
}

/// The best run over all learning rates.
result best_run(std::string_view rule, const race_problem& problem, std::size_t steps, const options& o) {
    result best;
    for (int k = -5 * o.rates; k <= o.rates; ++k) {
        const result r = run(rule, problem, steps, std::pow(10.0, static_cast<double>(k) / o.rates), false);
        if (r.loss < best.loss) best = r;
    }
    if (best.lr > 0) {
        const double loss = best.loss;
        best = run(rule, problem, steps, best.lr, true);
        best.loss = loss;
    }
    return best;
}

void rank(std::vector<standing>& all, std::size_t problems) {
    for (std::size_t p = 0; p < problems; ++p)
        for (auto& s : all) {
            const auto loss_of = [p](const standing& x) { return std::max(x.results[p].loss, there); };
            const auto better = std::ranges::count_if(all, [&](const auto& x) { return loss_of(x) < loss_of(s); });
            s.results[p].rank = 1 + static_cast<int>(better);
            s.mean_rank += s.results[p].rank / static_cast<double>(problems);
        }
}

std::string shown(double x) {
    char text[32];
    if (std::isfinite(x)) std::snprintf(text, sizeof text, "%.2g", x);
    return std::isfinite(x) ? text : "-";
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Every optimizer of the zoo on four problems, each at its best learning rate.", "optimizer_race");
    options o;
    setup(app);
    app.add_option("--steps", o.steps, "on each function of two variables")->check(between(1, 1e6));
    app.add_option("--digit-steps", o.digit_steps, "on the digits")->check(between(1, 1e6));
    app.add_option("--digits", o.digits, "how many are drawn, without --data")->check(between(100, 1e5));
    app.add_option("--data", o.data, "a directory of MNIST's files, in the place of drawn digits")->type_name("DIR");
    app.add_option("--rates", o.rates, "learning rates per decade, from 1e-5 to 10")->check(between(1, 10));
    app.add_option("--only", o.only, "names of optimizers; all unless given")->delimiter(',')->type_name("NAME,...");
    app.add_option("--sort", o.sort, "the table by: rank or name")->check(CLI::IsMember({"rank", "name"}));
    app.add_option("--plots", o.plots, "write an SVG for each optimizer, and race.svg, here")->type_name("DIR");
    app.add_option("--seed", o.seed, "of the drawn digits")->check(between(0, 1e15));

    return run_example(app, argc, argv, [&] {
        for (const auto& name : o.only)
            if (!furl::zoo_registry<double>().contains(name))
                throw std::runtime_error("--only " + name + ": no such optimizer in the zoo");
        if (!o.plots.empty() && !has_gnuplot())
            throw std::runtime_error("--plots " + o.plots + ": cannot be drawn: gnuplot is not installed");

        const auto data = o.data.empty() ? draw_digits(o.digits, 1, o.seed) : read_digits(o.data);
        const digit_regression regression(data.train, 100);
        const std::vector<race_problem> problems{rosenbrock(), beale(), himmelblau(), regression.problem()};
        std::vector<standing> all;
        for (const auto name : furl::zoo_registry<double>().names()) {
            if (!o.only.empty() && std::ranges::count(o.only, name) == 0) continue;
            auto& s = all.emplace_back(standing{std::string(name), {}});
            for (const auto& p : problems)
                s.results.push_back(best_run(name, p, p.minima.empty() ? o.digit_steps : o.steps, o));
        }
        rank(all, problems.size());
        if (o.sort == "rank") std::ranges::stable_sort(all, {}, &standing::mean_rank);

        std::printf("After %zu steps (digits: %zu, %s): the loss, and the learning rate it was reached at.\n\n",
                    o.steps, o.digit_steps, data.source.c_str());
        std::printf("%-32s", "optimizer");
        for (const auto& p : problems) std::printf("%18s", p.name.c_str());
        std::printf("%12s\n", "mean rank");
        for (const auto& s : all) {
            std::printf("%-32s", s.name.c_str());
            for (const auto& r : s.results) std::printf("%18s", (shown(r.loss) + " @ " + shown(r.lr)).c_str());
            std::printf("%12.1f\n", s.mean_rank);
        }
        if (!o.plots.empty()) draw_plots(o.plots, problems, all);
    });
}
