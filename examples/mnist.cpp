// Shows:  the MNIST exercise with whatever a training may want: any optimizer of the zoo by its name, with clipping,
//         warm-up, a schedule and weight decay in its rule; checkpoints, from which it goes on to the same bits.
// Prints: loss and accuracy of each epoch and the confusion matrix; the plot shows both over the epochs, a picture the
//         digits that were misread.
#include "support/choices.hpp"
#include "support/digit_optimizers.hpp"
#include "support/digit_options.hpp"
#include "support/misread.hpp"
#include "support/plot_option.hpp"
#include "support/training.hpp"

#include <furl/checkpoint/checkpoint.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace examples;

struct options {
    digit_options digits;
    std::size_t epochs = 10, batch = 64;
    std::vector<std::size_t> hidden{500};
    std::string optimizer = "adam";
    std::optional<double> lr, weight_decay, clip;
    double warmup = 0;
    schedule kind = schedule::constant;
    activation f = activation::relu;
    initialization weights = initialization::he;
    classification_loss loss = classification_loss::cross_entropy;
    std::string save, resume, misread;
};

void print_confusion(std::span<const std::uint8_t> labels, std::span<const std::uint8_t> predicted) {
    const Eigen::MatrixXi counts = confusion(labels, predicted, 10);
    std::printf("\nconfusion: a row per digit, a column per reading\n    ");
    for (int digit = 0; digit < 10; ++digit) std::printf("%5d", digit);
    for (int digit = 0; digit < 10; ++digit) {
        std::printf("\n%4d", digit);
        for (const int count : counts.row(digit)) std::printf(count == 0 ? "    ." : "%5d", count);
    }
    std::printf("\n");
}

void learn(const digit_data& data, const options& o, const plot_option& plot) {
    dense_network<> network = digit_network(data, o.hidden, o.digits.seed, o.f, o.weights);
    const std::size_t in_an_epoch = (data.train.labels.size() + o.batch - 1) / o.batch;
    furl::any_optimizer<float> opt = digit_optimizers().make(o.optimizer, {}, network.parameters());
    training how{.epochs = o.epochs, .batch = o.batch, .seed = o.digits.seed, .loss = o.loss, .progress = true};
    if (!o.resume.empty()) {
        furl::load_checkpoint(o.resume, opt, network.parameters());
        how.done = static_cast<std::size_t>(opt.step_count()) / in_an_epoch;
        if (how.done >= o.epochs) throw std::runtime_error(o.resume + ": all epochs are done; give more --epochs");
    }
    for (const auto& [name, given] : {std::pair("lr", o.lr), {"weight_decay", o.weight_decay}, {"clip", o.clip}})
        if (given) opt[name] = *given;
    opt["warmup"] = o.warmup;
    opt["schedule"] = static_cast<double>(o.kind);
    opt["steps"] = static_cast<double>(o.epochs * in_an_epoch);
    std::printf("optimizer: %s:", o.optimizer.c_str());
    for (const auto& [name, value] : opt.settings()) std::printf(" %s %g", std::string(name).c_str(), value);
    std::printf("\n\n");

    const auto step = [&](double loss) {
        if (opt.info().step_inputs.empty()) opt.step(network.parameters(), network.gradients());
        else opt.step(network.parameters(), network.gradients(), {{"loss", loss}});  // momo, for example
    };
    const auto results = train(network, data, how, step, [&](const epoch_result& result) {
        print_epoch(result, o.epochs);
        if (!o.save.empty()) furl::save_checkpoint(o.save, opt, network.parameters());
    });

    const std::vector<std::uint8_t>& predicted = results.back().test.predicted;
    print_confusion(data.test.labels, predicted);
    if (!o.misread.empty()) write_png(o.misread, misread_picture(data.test, predicted, 12));
    curve loss{.name = "training"}, test_loss{.name = "test"}, accuracy{.name = "test"};
    for (const epoch_result& r : results) {
        for (curve* c : {&loss, &test_loss, &accuracy}) c->x.push_back(static_cast<double>(r.epoch));
        loss.y.push_back(r.loss), test_loss.y.push_back(r.test.loss), accuracy.y.push_back(100 * r.test.accuracy);
    }
    plot.draw(
        {{.title = "loss", .x_label = "epoch", .y_label = "loss", .curves = {loss, test_loss}},
         {.title = "accuracy", .x_label = "epoch", .y_label = "per cent", .curves = {accuracy}, .legend = "off"}});
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains a network on handwritten digits, by any optimizer of the zoo.", "mnist");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--hidden", o.hidden, "neurons of each hidden layer")->check(between(1, 10000))->expected(1, 16);
    app.add_option("--epochs", o.epochs, "passes over the training digits, with those before --resume")
        ->check(between(1, 1000));
    app.add_option("--batch", o.batch, "digits per step")->check(between(1, 60000));
    app.add_option("--optimizer", o.optimizer, "a rule of furl::zoo");
    app.add_option("--lr", o.lr, "learning rate; by default, the rule's")->check(between(1e-9, 100));
    app.add_option("--weight-decay", o.weight_decay, "by default, the rule's, or none")->check(between(0, 100));
    app.add_option("--clip", o.clip, "the gradient's norm over all weights to this")->check(between(1e-9, 1e9));
    app.add_option("--warmup", o.warmup, "steps to the full learning rate")->check(between(0, 1e9));
    choice(app, "--schedule", o.kind, "of the learning rate, over all epochs", schedules);
    choice(app, "--activation", o.f, "of the hidden layers", activations);
    choice(app, "--init", o.weights, "of the weights", initializations);
    choice(app, "--loss", o.loss, "to learn by", losses);
    app.add_option("--save", o.save, "checkpoint to write after each epoch (.safetensors)")->type_name("FILE");
    app.add_option("--resume", o.resume, "checkpoint to go on from, with the same options")->type_name("FILE");
    app.add_option("--misread", o.misread, "picture of the misread digits to write (.png)")->type_name("FILE");
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        const digit_data data = o.digits.load();
        learn(data, o, plot);
    });
}
