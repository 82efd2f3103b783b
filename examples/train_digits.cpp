// Shows:  an optimizer of your own, written as its equation, which learns to read handwritten digits.
// Prints: the optimizer's plan; loss and test accuracy of each epoch; what a step costs, fused and naive.
#include <furl/furl.hpp>

#include "support/dense_network.hpp"
#include "support/digit_options.hpp"
#include "support/run_example.hpp"
#include "support/timing.hpp"
#include "support/training.hpp"

#include <cstdio>
#include <numbers>

// In no library: AdaBelief's denominator, a cautious mask, decoupled decay, and a warm-up that ends in a cosine.
struct cautious_belief {
    static constexpr auto lr = furl::hyper<"lr">(3e-3);
    static constexpr auto beta1 = furl::hyper<"beta1">(0.9);
    static constexpr auto beta2 = furl::hyper<"beta2">(0.999);
    static constexpr auto eps = furl::hyper<"eps">(1e-8);
    static constexpr auto decay = furl::hyper<"weight_decay">(0.01);
    static constexpr auto warmup = furl::hyper<"warmup">(100);
    static constexpr auto steps = furl::hyper<"steps">(1000);

    static constexpr auto done = min((furl::step - warmup) / (steps - warmup), 1);
    static constexpr auto rate = furl::let<"rate">(
        lr * select(furl::step < warmup, furl::step / warmup, 0.5 + 0.5 * cos(std::numbers::pi * done)));

    static constexpr auto m = furl::ema<"m">(furl::grad, beta1);
    static constexpr auto s = furl::ema<"s">(square(furl::grad - m), beta2);
    static constexpr auto u = furl::let<"u">(safe_divide(bias_corrected(m), sqrt(bias_corrected(s)), eps));

    // Cautious: a step only where the average agrees with today's gradient.
    static constexpr auto update = furl::param * (1 - rate * decay) - rate * select(u * furl::grad > 0, u, 0);
};

namespace {

using namespace examples;

struct options {
    digit_options digits;
    std::size_t epochs = 10, batch = 64, hidden = 500;
    double lr = 3e-3;
};

void learn(dense_network<>& network, const digit_data& data, const options& o) {
    const std::size_t steps = o.epochs * ((data.train.labels.size() + o.batch - 1) / o.batch);
    furl::optimizer<cautious_belief> opt(network.parameters());
    opt[cautious_belief::lr] = o.lr;
    opt[cautious_belief::steps] = static_cast<double>(steps);
    opt[cautious_belief::warmup] = 0.1 * static_cast<double>(steps);

    train(
        network, data, {.epochs = o.epochs, .batch = o.batch, .seed = o.digits.seed, .progress = true},
        [&](double) { opt.step(network.parameters(), network.gradients()); },
        [&](const epoch_result& result) { print_epoch(result, o.epochs); });
}

/// The same rule by two executors, on the tensors and the last gradients of the network.
void race(dense_network<>& network) {
    const auto parameters = network.parameters();
    const auto gradients = network.gradients();
    furl::optimizer<cautious_belief> fused(parameters);
    furl::naive<cautious_belief> naive(parameters);
    constexpr std::size_t rounds = 31;
    const comparison cost = compare(
        rounds, [&] { fused.step(parameters, gradients); }, [&] { naive.step(parameters, gradients); });

    std::size_t count = 0;
    for (const auto& tensor : parameters) count += tensor.size();
    const auto n = static_cast<double>(count);
    const auto bytes = static_cast<double>(furl::cost<cautious_belief>.bytes_per_parameter);
    std::printf(
        "\none step on %zu parameters in %zu tensors, processor ns per parameter, median of %zu rounds [quartiles]\n",
        count, parameters.size(), rounds);
    const auto line = [&](const char* name, const spread& ns) {
        std::printf("  %s  %6.3f [%.3f, %.3f]", name, ns.median / n, ns.low / n, ns.high / n);
    };
    line("fused", cost.first);
    std::printf("   %.0f bytes per parameter, %.0f GB/s\n", bytes, bytes * n / cost.first.median);
    line("naive", cost.second);
    std::printf("   %.1f times as long\n", cost.ratio);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains a network on handwritten digits, with an optimizer that is written as its equation.",
                 "train_digits");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--epochs", o.epochs, "passes over the training digits")->check(between(1, 1000));
    app.add_option("--batch", o.batch, "digits per step")->check(between(1, 60000));
    app.add_option("--lr", o.lr, "learning rate, at its highest")->check(between(1e-9, 10));
    app.add_option("--hidden", o.hidden, "neurons in the hidden layer")->check(between(1, 10000));

    return run_example(app, argc, argv, [&] {
        const digit_data data = o.digits.load();
        std::printf("\n%s\n", furl::explain<cautious_belief>().c_str());
        std::printf("network: %td-%zu-10, ReLU, softmax cross-entropy\n\n", data.train.pixels.rows(), o.hidden);
        dense_network<> network = digit_network(data, {o.hidden}, o.digits.seed);
        learn(network, data, o);
        race(network);
    });
}
