// Shows:  gradient descent in its three first forms, batch, stochastic and with momentum, on a parabola.
// Prints: the path of each from 0 towards the minimum at 2; the plot shows path and loss.
//
// The loss is the mean of (theta - x)^2 over samples x whose mean is 2 and whose variance is 1: (theta - 2)^2 + 1.
// Batch gradient descent sees all samples in a step, stochastic gradient descent one. The 1 is left out below.
#include <furl/furl.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/sgd.hpp>

#include "support/plot_option.hpp"
#include "support/random_source.hpp"
#include "support/run_example.hpp"

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace examples;

constexpr double minimum = 2;

struct options {
    double lr = 0.1, gamma = 0.9, start = 0;
    std::size_t steps = 60;
    std::uint64_t seed = 1;
};

/// Samples with exactly the mean 2 and the variance 1.
std::vector<double> draw_samples(std::size_t count, random_source& random) {
    std::vector<double> samples(count);
    double sum = 0, squares = 0;
    for (double& x : samples) sum += x = random.normal();
    const auto n = static_cast<double>(count);
    for (double& x : samples) squares += (x - sum / n) * (x - sum / n);
    for (double& x : samples) x = minimum + (x - sum / n) / std::sqrt(squares / n);
    return samples;
}

/// theta after 0, 1, ... steps of a rule, where gradient(theta) is told to it.
template <class Rule>
std::vector<double> descend(furl::optimizer<Rule, double> opt, const options& o, auto gradient) {
    std::vector<double> theta{o.start}, path{o.start};
    for (std::size_t t = 0; t < o.steps; ++t) {
        opt.step(theta, std::vector{gradient(theta[0])});
        path.push_back(theta[0]);
    }
    return path;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Gradient descent three ways, on (theta - 2)^2.", "gradient_descent");
    options o;
    setup(app);
    app.add_option("--lr", o.lr, "learning rate, eta")->check(between(0, 100));
    app.add_option("--gamma", o.gamma, "of momentum: how much of the last step goes on")->check(between(0, 1));
    app.add_option("--start", o.start, "the first theta")->check(between(-1e6, 1e6));
    app.add_option("--steps", o.steps, "of each")->check(between(1, 100000));
    app.add_option("--seed", o.seed, "of the samples")->check(between(0, 1e15));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        random_source random(o.seed);
        const std::vector<double> samples = draw_samples(100, random);
        const auto batch = [](double theta) { return 2 * (theta - minimum); };
        const auto one = [&](double theta) { return 2 * (theta - samples[random.below(samples.size())]); };

        furl::optimizer<furl::zoo::sgd, double> descent(1);
        furl::optimizer<furl::zoo::momentum, double> heavy(1);
        descent[furl::zoo::sgd::lr] = heavy[furl::zoo::momentum::lr] = o.lr;
        heavy[furl::zoo::momentum::gamma] = o.gamma;
        const std::vector<curve> paths = [&] {
            std::vector<curve> list;
            const auto add = [&](const char* name, std::vector<double> path) {
                std::vector<double> steps(path.size());
                for (std::size_t t = 0; t < steps.size(); ++t) steps[t] = static_cast<double>(t);
                list.push_back({.name = name, .x = steps, .y = std::move(path)});
            };
            add("batch", descend(descent, o, batch));
            add("stochastic", descend(descent, o, one));
            add("momentum", descend(heavy, o, batch));
            return list;
        }();

        std::printf("batch and stochastic:\n%smomentum:\n%s\n", furl::text<furl::zoo::sgd>().c_str(),
                    furl::text<furl::zoo::momentum>().c_str());
        std::printf("step %14s %14s %14s\n", "batch", "stochastic", "momentum");
        for (std::size_t t = 0; t <= o.steps; t = t < 10 ? t + 1 : t < o.steps ? std::min(t + 10, o.steps) : t + 1) {
            std::printf("%4zu", t);
            for (const curve& path : paths) std::printf(" %14.6g", path.y[t]);
            std::printf("\n");
        }

        std::vector<curve> losses = paths;
        for (curve& loss : losses)
            for (double& y : loss.y) y = (y - minimum) * (y - minimum);
        plot.draw({{.title = "theta", .x_label = "step", .y_label = "theta", .curves = paths, .legend = "bottom right"},
                   {.title = "(theta - 2)^2",
                    .x_label = "step",
                    .y_label = "loss",
                    .curves = losses,
                    .log_y = true,
                    .legend = "bottom left"}});
    });
}
