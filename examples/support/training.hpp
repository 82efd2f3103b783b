#pragma once

#include "batches.hpp"
#include "classification.hpp"
#include "dense_network.hpp"
#include "digits.hpp"
#include "losses.hpp"
#include "progress.hpp"
#include "timing.hpp"

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace examples {

/// How a network learns digits.
struct training {
    std::size_t epochs = 10, batch = 64;
    std::uint64_t seed = 1;  ///< of the order of the digits
    classification_loss loss = classification_loss::cross_entropy;
    std::size_t done = 0;   ///< epochs that were done before: their orders are gone through, and not trained
    bool progress = false;  ///< with a bar, on a terminal
};

/// What an epoch brought.
struct epoch_result {
    std::size_t epoch;  ///< 1, 2, ...
    double loss;        ///< mean over the batches, while they were learned
    score test;
    double seconds;  ///< since the start of the training
};

/// A network from the pixels of the digits, through hidden layers, to the ten digits.
inline dense_network<> digit_network(const digit_data& data, std::vector<std::size_t> hidden, std::uint64_t seed,
                                     activation f = activation::relu, initialization how = initialization::he) {
    hidden.insert(hidden.begin(), static_cast<std::size_t>(data.train.pixels.rows()));
    hidden.push_back(10);
    return {hidden, f, how, seed};
}

/// Trains a network on digits, in mini-batches of a new random order in each epoch.
///
/// It ends early where a loss is not finite; that is then the loss of the last epoch.
///
/// @param step    is called after each backward pass, with the loss of the batch; updates the parameters.
/// @param report  is called after each epoch, with an epoch_result.
template <class Step, class Report>
std::vector<epoch_result> train(dense_network<>& network, const digit_data& data, const training& how, Step step,
                                Report report) {
    batches shuffled(data.train.labels.size(), how.batch, how.seed);
    for (std::size_t epoch = 0; epoch < how.done; ++epoch) shuffled.shuffle();
    progress_bar bar(how.progress && how.epochs > how.done ? (how.epochs - how.done) * shuffled.size() : 0);
    const stopwatch watch;
    std::vector<epoch_result> results;
    Eigen::MatrixXf inputs, outputs_gradient;
    std::vector<std::uint8_t> labels;
    for (std::size_t epoch = how.done + 1; epoch <= how.epochs; ++epoch) {
        shuffled.shuffle();
        double sum = 0;
        for (std::size_t i = 0; i < shuffled.size() && std::isfinite(sum); ++i) {
            gather(data.train.pixels, shuffled[i], inputs);
            gather(data.train.labels, shuffled[i], labels);
            const double loss = loss_of<float>(how.loss, network.forward(inputs), labels, outputs_gradient);
            network.backward(inputs, outputs_gradient);
            step(loss);
            sum += loss;
            bar.advance();
        }
        score test = evaluate<float>(network, data.test.pixels, data.test.labels, how.loss);
        bar.clear();
        results.push_back({epoch, sum / static_cast<double>(shuffled.size()), std::move(test), watch.seconds()});
        report(results.back());
        if (!std::isfinite(sum)) break;
    }
    return results;
}

/// Prints an epoch as a line. Errors: std::runtime_error where the loss is not finite.
inline void print_epoch(const epoch_result& result, std::size_t epochs) {
    std::printf("epoch %*zu of %zu   loss %.4f   test loss %.4f   test accuracy %.2f %%   %.1f s\n",
                static_cast<int>(std::to_string(epochs).size()), result.epoch, epochs, result.loss, result.test.loss,
                100 * result.test.accuracy, result.seconds);
    std::fflush(stdout);
    if (!std::isfinite(result.loss)) throw std::runtime_error("the loss is not finite: try a smaller --lr");
}

}  // namespace examples
