#pragma once

#include "parallel.hpp"
#include "plot.hpp"
#include "smoothed.hpp"
#include "training.hpp"

#include <furl/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace examples {

/// A way to train on digits, and what came of it.
template <class Rule>
struct experiment {
    std::string name;
    std::vector<std::size_t> hidden;
    initialization weights = initialization::he;
    double lr = 1e-3;
    std::vector<std::pair<const char*, double>> settings = {};
    std::size_t epochs = 5;

    std::vector<epoch_result> results = {};
    std::vector<double> losses = {};   ///< of each step
    std::vector<double> lengths = {};  ///< of the gradient in each step, where the rule has a state "length"

    void run(const digit_data& data, std::uint64_t seed) {
        dense_network<> network = digit_network(data, hidden, seed, activation::relu, weights);
        furl::optimizer<Rule> opt(network.parameters());
        opt[Rule::lr] = lr;
        for (const auto& [setting, value] : settings) opt.set(setting, value);
        const auto step = [&](double loss) {
            opt.step(network.parameters(), network.gradients());
            losses.push_back(loss);
            if constexpr (requires { Rule::length; }) lengths.push_back(opt.scalar_state("length", 0));
        };
        results = train(network, data, {.epochs = epochs, .batch = 32, .seed = seed}, step, [](const epoch_result&) {});
    }

    void print() const {
        const epoch_result& last = results.back();
        // By its absolute value, as a NaN may have a sign.
        std::printf("  %-26s loss %-8.4f test loss %-8.4f accuracy %6.2f %%", name.c_str(), std::fabs(last.loss),
                    std::fabs(last.test.loss), 100 * last.test.accuracy);
        if (!lengths.empty()) std::printf("   longest gradient %.3g", std::ranges::max(lengths));
        std::printf(std::isfinite(last.loss) ? "\n" : "   diverged in step %zu\n", losses.size());
    }

    curve steps() const {
        curve c{.name = name};
        smoothed loss;
        for (std::size_t t = 0; t < losses.size(); ++t)
            c.x.push_back(static_cast<double>(t + 1)), c.y.push_back(loss(losses[t]));
        return c;
    }

    curve gradients() const {
        curve c{.name = name, .y = lengths};
        for (std::size_t t = 0; t < lengths.size(); ++t) c.x.push_back(static_cast<double>(t + 1));
        return c;
    }

    curve test() const {
        curve c{.name = name};
        for (const auto& e : results) c.x.push_back(static_cast<double>(e.epoch)), c.y.push_back(e.test.loss);
        return c;
    }
};

/// Runs them side by side and prints them.
template <class Rule>
void run_all(const char* title, std::vector<experiment<Rule>>& list, const digit_data& data, std::uint64_t seed) {
    parallel_for(list.size(), [&](std::size_t i) { list[i].run(data, seed); });
    std::printf("%s\n", title);
    for (const auto& e : list) e.print();
    std::printf("\n");
}

}  // namespace examples
