// Shows:  two rules in one step: Muon for the weight matrices of hidden layers, AdamW for the rest, against AdamW for all of a network
//         that reads digits. Eigen multiplies the matrices.
// Prints: loss and test accuracy of each epoch for both; where their steps spend their time.
#include <furl/furl.hpp>
#include <furl/matrix/eigen.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/matrix/muon.hpp>

#include "support/dense_network.hpp"
#include "support/digit_options.hpp"
#include "support/plot_option.hpp"
#include "support/run_example.hpp"
#include "support/training.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace examples;

/// Muon for matrices that lie column by column, as Eigen's do: their columns are what furl sees as rows.
struct muon_of_columns : furl::zoo::muon {
    static constexpr auto update = furl::param * (1 - lr * weight_decay) - lr * sqrt(max(1, furl::columns / furl::rows)) * o;
};

struct options {
    digit_options digits;
    std::size_t epochs = 6, batch = 64, hidden = 128;
    double muon_lr = 0.01, adamw_lr = 1e-3;
};

/// The groups of a network: the weights of hidden layers, and everything else.
furl::grouped_optimizer<float> with_muon(dense_network<>& network, const options& o) {
    std::vector<furl::shape> hidden;
    std::vector<std::size_t> hidden_numbers, others, other_numbers;
    const auto parameters = network.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const bool weights = i % 2 == 0, last = i + 2 >= parameters.size();
        if (weights && !last) {
            const std::size_t outputs = parameters[i + 1].size();
            hidden.push_back({parameters[i].size() / outputs, outputs});  // a column of weights for each input
            hidden_numbers.push_back(i);
        } else {
            others.push_back(parameters[i].size());
            other_numbers.push_back(i);
        }
    }
    furl::grouped_optimizer<float> groups;
    groups.add<muon_of_columns, furl::eigen_engine>(hidden, {.settings = {{"lr", o.muon_lr}}, .tensors = hidden_numbers});
    groups.add<furl::zoo::adamw>(others, {.settings = {{"lr", o.adamw_lr}}, .tensors = other_numbers});
    return groups;
}

template <class Optimizer>
curve learn(const char* name, dense_network<> network, const digit_data& data, const options& o, Optimizer opt) {
    std::printf("%s\n", name);
    curve losses{.name = name};
    double in_steps = 0;
    train(
        network, data, {.epochs = o.epochs, .batch = o.batch, .seed = o.digits.seed, .progress = true},
        [&](double) {
            const stopwatch watch;
            opt.step(network.parameters(), network.gradients());
            in_steps += watch.seconds();
        },
        [&](const epoch_result& result) {
            print_epoch(result, o.epochs);
            losses.x.push_back(static_cast<double>(result.epoch)), losses.y.push_back(result.loss);
        });
    std::printf("  %.2f s in steps of the optimizer\n\n", in_steps);
    return losses;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains a network on handwritten digits by Muon and AdamW together, and by AdamW alone.", "muon");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--epochs", o.epochs, "passes over the training digits")->check(between(1, 1000));
    app.add_option("--batch", o.batch, "digits per step")->check(between(1, 60000));
    app.add_option("--hidden", o.hidden, "neurons in each of the two hidden layers")->check(between(1, 10000));
    app.add_option("--muon-lr", o.muon_lr, "learning rate of Muon")->check(between(1e-9, 10));
    app.add_option("--adamw-lr", o.adamw_lr, "learning rate of AdamW")->check(between(1e-9, 10));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        const digit_data data = o.digits.load();
        std::printf("\n%s\n", furl::explain<muon_of_columns>().c_str());
        dense_network<> network = digit_network(data, {o.hidden, o.hidden}, o.digits.seed);
        furl::optimizer<furl::zoo::adamw> adamw(network.parameters());
        adamw.set("lr", o.adamw_lr);
        std::vector<curve> curves;
        curves.push_back(learn("Muon for hidden weights, AdamW for the rest", network, data, o, with_muon(network, o)));
        curves.push_back(learn("AdamW", network, data, o, adamw));
        plot.draw({{.title = "training loss", .x_label = "epoch", .y_label = "cross-entropy", .curves = curves, .log_y = true}});
    });
}
