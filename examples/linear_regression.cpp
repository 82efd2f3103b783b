// Shows:  linear regression y = W x + b by gradient descent with all samples, one sample, or a few in a step.
// Prints: W, b and the loss that each of the three finds, in how many steps, beside the exact least squares; the plot
//         shows the loss against the epochs.
#include <furl/furl.hpp>
#include <furl/zoo/sgd.hpp>

#include "support/batches.hpp"
#include "support/csv.hpp"
#include "support/dense_network.hpp"
#include "support/losses.hpp"
#include "support/plot_option.hpp"
#include "support/run_example.hpp"

#include <Eigen/QR>

#include <cmath>
#include <cstdio>
#include <filesystem>

namespace {

using namespace examples;

struct options {
    std::string data;
    std::size_t targets = 1, batch = 16, max_steps = 20000;
    double lr = 0.05, threshold = 0.012;
    std::uint64_t seed = 1;
};

/// 200 samples of y = 2 x1 - 3 x2 + 0.5 with noise of deviation 0.1.
number_table noisy_line(std::uint64_t seed) {
    random_source random(seed);
    number_table table{{"x1", "x2", "y"}, Eigen::MatrixXd(200, 3)};
    for (auto row : table.values.rowwise()) {
        const double x1 = random.uniform(-1, 1), x2 = random.uniform(-1, 1);
        row << x1, x2, 2 * x1 - 3 * x2 + 0.5 + 0.1 * random.normal();
    }
    return table;
}

/// One line of the result, for W and b side by side.
void print(const std::string& name, const std::string& effort, double loss, const Eigen::MatrixXd& w_and_b) {
    const Eigen::IOFormat in_a_row(5, Eigen::DontAlignCols, " ", "; ");
    const Eigen::Index inputs = w_and_b.cols() - 1;
    std::ostringstream solution;
    solution << "W = [" << w_and_b.leftCols(inputs).format(in_a_row) << "]  b = ["
             << w_and_b.rightCols(1).transpose().format(in_a_row) << "]";
    std::printf("%-14s %-26s loss %-9.5g %s\n", name.c_str(), effort.c_str(), loss, solution.str().c_str());
}

/// Descends with `batch` samples a step until the loss is below the threshold; the loss after each epoch.
curve descend(const std::string& name, std::size_t batch, const Eigen::MatrixXd& x, const Eigen::MatrixXd& y,
              const options& o) {
    const auto inputs = static_cast<std::size_t>(x.rows()), outputs = static_cast<std::size_t>(y.rows());
    dense_network<double> line({inputs, outputs}, activation::relu, initialization::zero, o.seed);
    furl::optimizer<furl::zoo::sgd, double> opt(line.parameters());
    opt[furl::zoo::sgd::lr] = o.lr;

    batches shuffled(static_cast<std::size_t>(x.cols()), batch, o.seed);
    Eigen::MatrixXd some_x, some_y, gradient;
    double loss = mean_squared_error<double>(line.forward(x), y, gradient);
    curve losses{.name = name, .x = {0}, .y = {loss}};
    std::size_t steps = 0;
    while (loss > o.threshold && steps < o.max_steps) {
        shuffled.shuffle();
        for (std::size_t i = 0; i < shuffled.size() && steps < o.max_steps; ++i, ++steps) {
            gather(x, shuffled[i], some_x);
            gather(y, shuffled[i], some_y);
            mean_squared_error<double>(line.forward(some_x), some_y, gradient);
            line.backward(some_x, gradient);
            opt.step(line.parameters(), line.gradients());
        }
        loss = mean_squared_error<double>(line.forward(x), y, gradient);
        if (!std::isfinite(loss)) throw std::runtime_error(name + ": the loss is not finite: try a smaller --lr");
        losses.x.push_back(losses.x.back() + 1);
        losses.y.push_back(loss);
    }
    Eigen::MatrixXd found(y.rows(), x.rows() + 1);
    found << line.layers()[0].weights, line.layers()[0].bias;
    print(name, std::to_string(losses.x.size() - 1) + " epochs, " + std::to_string(steps) + " steps", loss, found);
    return losses;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Linear regression: all samples, one, or a few in a step.", "linear_regression");
    setup(app);
    options o;
    app.add_option("--data", o.data, "CSV file, names in its first line; without it, one is written beside the program")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--targets", o.targets, "how many of the last columns are y")->check(between(1, 1000));
    app.add_option("--batch", o.batch, "samples per step of the mini-batch form")->check(between(1, 1e6));
    app.add_option("--lr", o.lr, "learning rate")->check(between(1e-9, 10));
    app.add_option("--threshold", o.threshold, "stops when the loss is below")->check(between(0, 1e9));
    app.add_option("--max-steps", o.max_steps, "stops at the latest")->check(between(1, 1e8));
    app.add_option("--seed", o.seed, "of the noise and the order")->check(between(0, 1e15));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        if (o.data.empty()) {
            o.data = (std::filesystem::path(argv[0]).parent_path() / "linear_regression.csv").string();
            write_csv(o.data, noisy_line(o.seed));
        }
        const number_table table = read_csv(o.data);
        const Eigen::Index inputs = table.values.cols() - static_cast<Eigen::Index>(o.targets);
        if (inputs < 1) throw file_error(o.data, "no columns left for x: " + std::to_string(o.targets) + " are y");
        const Eigen::MatrixXd x = table.values.leftCols(inputs).transpose();
        const Eigen::MatrixXd y = table.values.rightCols(table.values.cols() - inputs).transpose();
        std::printf("%s: %td samples, %td columns x, %zu y\n", o.data.c_str(), x.cols(), inputs, o.targets);

        const auto samples = static_cast<std::size_t>(x.cols());
        const std::vector<curve> losses{descend("batch", samples, x, y, o), descend("stochastic", 1, x, y, o),
                                        descend("mini-batch", std::min(o.batch, samples), x, y, o)};

        Eigen::MatrixXd design(x.cols(), inputs + 1), unused;
        design << x.transpose(), Eigen::VectorXd::Ones(x.cols());
        const Eigen::MatrixXd exact = design.colPivHouseholderQr().solve(y.transpose()).transpose();
        print("least squares", "exact", mean_squared_error<double>(exact * design.transpose(), y, unused), exact);
        plot.draw(
            {{.title = "mean squared error", .x_label = "epoch", .y_label = "loss", .curves = losses, .log_y = true}});
    });
}
