// Shows:  an optimizer of your own, written as its equation, which learns to read handwritten digits.
// Prints: the optimizer's plan; loss and test accuracy of each epoch; what a step costs, fused and naive.
#include <furl/furl.hpp>

#include "support/batches.hpp"
#include "support/classification.hpp"
#include "support/dense_network.hpp"
#include "support/digits.hpp"
#include "support/losses.hpp"
#include "support/progress.hpp"
#include "support/run_example.hpp"
#include "support/timing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <optional>

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
    std::optional<std::string> data;
    std::size_t epochs = 10, batch = 64, hidden = 500;
    double lr = 3e-3;
    std::uint64_t seed = 1;
};

std::vector<std::size_t> sizes_of(const auto& tensors) {
    std::vector<std::size_t> sizes(tensors.size());
    std::transform(tensors.begin(), tensors.end(), sizes.begin(), [](const auto& tensor) { return tensor.size(); });
    return sizes;
}

void train(dense_network<>& network, const digit_data& data, const options& o) {
    batches shuffled(data.train.labels.size(), o.batch, o.seed);
    const auto parameters = network.parameters();
    const auto gradients = network.gradients();

    furl::optimizer<cautious_belief> opt(sizes_of(parameters));
    opt[cautious_belief::lr] = o.lr;
    opt[cautious_belief::steps] = static_cast<double>(o.epochs * shuffled.size());
    opt[cautious_belief::warmup] = 0.1 * opt[cautious_belief::steps];

    progress_bar bar(o.epochs * shuffled.size());
    stopwatch watch;
    Eigen::MatrixXf inputs, outputs_gradient;
    std::vector<std::uint8_t> labels;
    for (std::size_t epoch = 1; epoch <= o.epochs; ++epoch) {
        shuffled.shuffle();
        double loss = 0;
        for (std::size_t i = 0; i < shuffled.size(); ++i) {
            gather(data.train.pixels, shuffled[i], inputs);
            gather(data.train.labels, shuffled[i], labels);
            loss += softmax_cross_entropy<float>(network.forward(inputs), labels, outputs_gradient);
            network.backward(inputs, outputs_gradient);
            opt.step(parameters, gradients);
            bar.advance();
        }
        loss /= static_cast<double>(shuffled.size());
        const score test = evaluate(network, data.test.pixels, data.test.labels);
        bar.clear();
        std::printf("epoch %*zu of %zu   loss %.4f   test loss %.4f   test accuracy %.2f %%   %.1f s\n",
                    static_cast<int>(std::to_string(o.epochs).size()), epoch, o.epochs, loss, test.loss,
                    100 * test.accuracy, watch.seconds());
        std::fflush(stdout);
        if (!std::isfinite(loss)) throw std::runtime_error("the loss is not finite: try a smaller --lr");
    }
}

/// The same rule by two executors, on the tensors and the last gradients of the network.
void race(dense_network<>& network) {
    const auto parameters = network.parameters();
    const auto gradients = network.gradients();
    const std::vector<std::size_t> sizes = sizes_of(parameters);
    furl::optimizer<cautious_belief> fused(sizes);
    furl::naive<cautious_belief> naive(sizes);
    constexpr std::size_t rounds = 31;
    const comparison cost = compare(
        rounds, [&] { fused.step(parameters, gradients); }, [&] { naive.step(parameters, gradients); });

    const std::size_t count = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
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
    app.add_option("--data", o.data, "directory of MNIST files (IDX, plain or .gz); without it, digits are drawn")
        ->type_name("DIR");
    app.add_option("--epochs", o.epochs, "passes over the training digits")->check(between(1, 1000));
    app.add_option("--batch", o.batch, "digits per step")->check(between(1, 60000));
    app.add_option("--lr", o.lr, "learning rate, at its highest")->check(between(1e-9, 10));
    app.add_option("--seed", o.seed, "of drawing, first weights and order")->check(between(0, 1e15));
    app.add_option("--hidden", o.hidden, "neurons in the hidden layer")->check(between(1, 10000));

    return run_example(app, argc, argv, [&] {
        const digit_data data = o.data ? read_digits(*o.data) : draw_digits(8000, 2000, o.seed);
        std::printf("%s\n", furl::explain<cautious_belief>().c_str());
        const auto pixels = static_cast<std::size_t>(data.train.pixels.rows());
        std::printf("digits: %s; %zu to train, %zu to test\nnetwork: %zu-%zu-10, ReLU, softmax cross-entropy\n\n",
                    data.source.c_str(), data.train.labels.size(), data.test.labels.size(), pixels, o.hidden);
        dense_network<> network({pixels, o.hidden, 10}, activation::relu, initialization::he, o.seed);
        train(network, data, o);
        race(network);
    });
}
