// Shows:  what curvature is worth: AdaHessian and Sophia, whose rules read an estimate of the Hessian's diagonal as one
//         more input, and Barzilai-Borwein, which sees curvature in its own steps, against gradient descent and Adam.
// Prints: on Rosenbrock's valley and an ill-scaled logistic regression, the steps and the gradient evaluations until
//         the gradient is small, each method at its best learning rate, the median of five starts; the plot shows the
//         paths and the gradients.
#include <furl/furl.hpp>
#include <furl/zoo/adahessian.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/barzilai_borwein.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sophia.hpp>

#include "support/descent.hpp"
#include "support/objective.hpp"
#include "support/plot_option.hpp"
#include "support/run_example.hpp"

#include <cstdio>
#include <functional>
#include <vector>

namespace {

using namespace examples;

struct options {
    double tolerance = 1e-4;
    std::size_t max_gradients = 20000;
    std::uint64_t seed = 1;
};

/// Steps a rule until the gradient is small. Every `interval` steps it gets a new estimate of the Hessian; 0: none.
template <class Rule, std::size_t interval>
descent descend(objective f, double lr, const options& o, std::uint64_t seed) {
    furl::optimizer<Rule, double> opt(static_cast<std::size_t>(f.start.size()));
    opt[Rule::lr] = lr;
    if constexpr (requires { Rule::lr_max; }) opt[Rule::lr_max] = 1e3;
    if constexpr (interval > 1) {  // Sophia; its defaults are for language models
        opt[Rule::gamma] = 1, opt[Rule::beta1] = opt[Rule::beta2] = 0.9, opt[Rule::weight_decay] = 0;
        opt[Rule::interval] = interval;
    }
    random_source random(seed);
    Eigen::VectorXd x = f.start, gradient(x.size()), hessian = Eigen::VectorXd::Zero(x.size());
    for (double& value : x) value += 0.1 * random.normal();
    descent path{.lr = lr};
    double first = 0;
    for (std::size_t t = 0; f.gradients < o.max_gradients; ++t) {
        f(x, gradient);
        if (t == 0) first = gradient.norm();
        path.x.push_back(x);
        path.gradients.push_back(static_cast<double>(f.gradients));
        path.norm.push_back(gradient.norm() / first);
        path.reached = path.norm.back() < o.tolerance;
        if (path.reached || !(path.norm.back() < 1e12)) break;
        if constexpr (interval > 0) {
            if (t % interval == 0) hessian = hutchinson(f, x, random);
            opt.step(x, gradient, furl::input<"hessian"> = hessian);
        } else {
            opt.step(x, gradient);
        }
    }
    return path;
}

struct method {
    const char* name;
    std::function<descent(const objective&, double lr, const options&, std::uint64_t seed)> run;
};

const std::vector<method> methods{{"gradient descent", descend<furl::zoo::sgd, 0>},
                                  {"Adam", descend<furl::zoo::adam, 0>},
                                  {"Barzilai-Borwein", descend<furl::zoo::barzilai_borwein_short, 0>},
                                  {"AdaHessian", descend<furl::zoo::adahessian, 1>},
                                  {"Sophia-H", descend<furl::zoo::sophia_h, 10>}};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Second-order methods against Adam, in steps and in gradient evaluations.", "second_order");
    setup(app);
    options o;
    app.add_option("--tolerance", o.tolerance, "of the gradient's length, relative to the first")
        ->check(between(1e-12, 1));
    app.add_option("--max-gradients", o.max_gradients, "gives up after so many")->check(between(10, 1e7));
    app.add_option("--seed", o.seed, "of samples, starts and Hutchinson's signs")->check(between(0, 1e15));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        std::printf("%s\n", furl::text<furl::zoo::sophia_h>().c_str());
        std::vector<chart> charts;
        for (const objective& f : {rosenbrock(), logistic_regression(o.seed)}) {
            std::printf("%s, until the gradient is %g of the first\n", f.name.c_str(), o.tolerance);
            std::printf("  %-18s %8s %8s %11s\n", "", "best lr", "steps", "gradients");
            chart paths{.title = f.name + ": paths",
                        .x_label = "x",
                        .y_label = "y",
                        .x_range = chart::range(-2, 2),
                        .y_range = chart::range(-1, 3),
                        .legend = "off"};
            chart norms{.title = f.name,
                        .x_label = "gradient evaluations",
                        .y_label = "gradient's length, relative",
                        .log_x = true,
                        .log_y = true,
                        .y_range = chart::range(o.tolerance, 100),
                        .legend = "top right"};
            for (const method& m : methods) {
                const descent d =
                    best_descent(o.seed, [&](double lr, std::uint64_t seed) { return m.run(f, lr, o, seed); });
                std::printf("  %-18s %8.2g %8zu %11.0f%s\n", m.name, d.lr, d.x.size() - 1, d.gradients.back(),
                            d.reached ? "" : "  not reached");
                norms.curves.push_back({.name = m.name, .x = d.gradients, .y = d.norm});
                curve& path = paths.curves.emplace_back(curve{.name = m.name});
                for (const auto& x : d.x) path.x.push_back(x[0]), path.y.push_back(x[1]);
            }
            if (f.start.size() == 2) {
                Eigen::VectorXd unused(2);
                paths.below =
                    contours{[=](double x, double y) mutable { return f.value(Eigen::Vector2d(x, y), unused); },
                             {0.3, 1, 3, 10, 30, 100, 300, 1000}};
                charts.push_back(paths);
            }
            charts.push_back(norms);
            std::printf("\n");
        }
        plot.draw(charts);
    });
}
