#pragma once

#include "smoothed.hpp"
#include "timing.hpp"
#include "training.hpp"

#include <furl/furl.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
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
    dense_network<> network = digit_network(data, {how.hidden}, seed);
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

/// All trials with a rule: at six rates, with several seeds.
struct trials {
    const char* name;
    std::function<trial(const digit_data&, const trial_settings&, double lr, std::uint64_t seed)> train;
    double highest_lr;  ///< this one, and each a third of the last
    std::vector<std::vector<trial>> runs = std::vector<std::vector<trial>>(6);  ///< per rate, per seed

    double lr(std::size_t i) const { return highest_lr * std::pow(10.0, -0.5 * static_cast<double>(i)); }
    spread over_seeds(std::size_t rate, auto value) const {
        std::vector<double> values;
        for (const trial& r : runs[rate]) values.push_back(value(r));
        return extremes(values);
    }
};

}  // namespace examples
