#pragma once

#include "smoothed.hpp"
#include "training.hpp"

#include <furl/furl.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace examples {

struct trial_settings {
    std::size_t epochs = 4, batch = 32, hidden = 64;
    double target = 0.2;  ///< a training loss
};

/// What came of a training with a rule at a learning rate.
struct trial {
    static constexpr double never = std::numeric_limits<double>::infinity();

    std::vector<double> loss;  ///< of each batch, smoothed
    double test_loss = never, accuracy = 0, steps_to_target = never;
    double seconds_per_step = 0;  ///< of the optimizer alone
};

template <class Rule>
trial try_rule(const digit_data& data, const trial_settings& how, double lr, std::uint64_t seed) {
    const auto pixels = static_cast<std::size_t>(data.train.pixels.rows());
    dense_network<> network({pixels, how.hidden, 10}, activation::relu, initialization::he, seed);
    furl::optimizer<Rule> opt(network.parameters());
    opt[Rule::lr] = lr;
    trial result;
    smoothed mean;
    const auto step = [&](double loss) {
        const double start = processor_seconds();
        opt.step(network.parameters(), network.gradients());
        result.seconds_per_step += processor_seconds() - start;
        result.loss.push_back(mean(loss));
        if (result.loss.back() < how.target && result.steps_to_target == trial::never)
            result.steps_to_target = static_cast<double>(result.loss.size());
    };
    const auto epochs = train(network, data, {.epochs = how.epochs, .batch = how.batch, .seed = seed}, step,
                              [](const epoch_result&) {});
    result.seconds_per_step /= static_cast<double>(result.loss.size());
    const score& last = epochs.back().test;
    if (std::isfinite(last.loss)) result.test_loss = last.loss;
    result.accuracy = last.accuracy;
    return result;
}

}  // namespace examples
