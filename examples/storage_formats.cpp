// Shows:  that training survives narrow storage: a digit network learned with weights, gradients and moments in 16 and 8 bits.
// Prints: for each storage, the bytes of the optimizer per parameter, and the test accuracy with its difference to float.
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include "support/dense_network.hpp"
#include "support/digit_options.hpp"
#include "support/run_example.hpp"
#include "support/training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace examples;
using namespace furl;

struct options {
    digit_options digits;
    std::size_t epochs = 5, seeds = 3, hidden = 128;
    double lr = 1e-3, within = 100;
};

// Tensors of another type than the network's: what a model would hold that computes in it.
template <class E>
class copies {
  public:
    explicit copies(auto tensors) {
        for (auto t : tensors) values_.emplace_back(t.size());
        take(tensors);
    }
    void take(auto tensors) {
        for (std::size_t i = 0; i < values_.size(); ++i)
            std::ranges::transform(tensors[i], values_[i].begin(), [](float x) { return E(x); });
    }
    void give(auto tensors) const {
        for (std::size_t i = 0; i < values_.size(); ++i) std::ranges::copy(values_[i], tensors[i].begin());
    }
    std::vector<std::vector<E>>& list() { return values_; }

  private:
    std::vector<std::vector<E>> values_;
};

/// The test accuracy after the last epoch: the mean over the seeds.
template <class Storage, class Weight = float, class Gradient = float>
double accuracy(const digit_data& data, const options& o, double& bytes) {
    double sum = 0;
    for (std::size_t k = 0; k < o.seeds; ++k) {
        const auto seed = o.digits.seed + k;
        const auto pixels = static_cast<std::size_t>(data.train.pixels.rows());
        dense_network<> network({pixels, o.hidden, 10}, activation::relu, initialization::he, seed);
        optimizer<zoo::adamw, float, Storage> opt(network.parameters());
        opt.set("lr", o.lr);
        copies<Weight> weights(network.parameters());
        copies<Gradient> gradients(network.gradients());
        weights.give(network.parameters());
        const auto step = [&](double) {
            gradients.take(network.gradients());
            opt.step(weights.list(), gradients.list());
            weights.give(network.parameters());
        };
        sum += train(network, data, {.epochs = o.epochs, .seed = seed}, step, [](const auto&) {}).back().test.accuracy;
        std::size_t held = 0;
        for (std::size_t s = 0; s < opt.info().states.size(); ++s) held += opt.state_bytes(s, 0).size();
        bytes = static_cast<double>(held) / static_cast<double>(opt.size(0));
    }
    return sum / static_cast<double>(o.seeds);
}

struct variant {
    const char* name;
    double (*train)(const digit_data&, const options&, double& bytes);
};

using half = bfloat16;
using stochastic_states = states_as<stochastic<half>>;
constexpr variant variants[]{
    {"float", accuracy<storage<>>},
    {"m, v: bfloat16, nearest", accuracy<storage<states_as<half>>>},
    {"m, v: bfloat16, stochastic", accuracy<storage<stochastic_states>>},
    {"m: float16, v: compensated", accuracy<storage<state_as<"m", float16>, state_as<"v", compensated<half>>>>},
    {"m, v: 8 bits", accuracy<storage<state_as<"m", block8>, state_as<"v", block8_positive>>>},
    {"weights: bfloat16, stochastic", accuracy<storage<param_as<stochastic<half>>, grad_as<half>>, half, half>},
    {"weights: bfloat16, compensated", accuracy<storage<param_as<compensated<half>>, grad_as<half>>, half, half>},
    {"weights: bfloat16, split", accuracy<storage<param_as<split<half>>, grad_as<half>>, half, half>},
    {"weights: bfloat16 of masters", accuracy<storage<param_as<master<half>>, grad_as<half>>, half, half>},
    {"split, m, v stochastic", accuracy<storage<param_as<split<half>>, grad_as<half>, stochastic_states>, half, half>},
    {"split, m, v 8 bits",
     accuracy<storage<param_as<split<half>>, grad_as<half>, state_as<"m", block8>, state_as<"v", block8_positive>>, half, half>},
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains a network on handwritten digits, with weights and optimizer states in narrow formats.", "storage_formats");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--epochs", o.epochs, "passes over the training digits")->check(between(1, 1000));
    app.add_option("--seeds", o.seeds, "trainings of each storage, whose mean is printed")->check(between(1, 100));
    app.add_option("--hidden", o.hidden, "neurons in the hidden layer")->check(between(1, 10000));
    app.add_option("--lr", o.lr, "learning rate of AdamW")->check(between(1e-9, 10));
    app.add_option("--within", o.within, "fail if a storage is farther from float, in percent of the test digits")
        ->check(between(0, 100));

    return run_example(app, argc, argv, [&] {
        const digit_data data = o.digits.load();
        std::printf("%-32s %18s %14s %12s\n", "", "bytes of optimizer", "test accuracy", "to float");
        double exact = 0, bytes = 0, farthest = 0;
        for (const variant& v : variants) {
            const double reached = 100 * v.train(data, o, bytes);
            if (v.name == variants[0].name) exact = reached;
            std::printf("%-32s %18.2f %12.2f %% %+10.2f %%\n", v.name, bytes, reached, reached - exact);
            std::fflush(stdout);
            farthest = std::max(farthest, std::abs(reached - exact));
        }
        if (farthest > o.within)
            throw std::runtime_error("a storage is " + std::to_string(farthest) + " % from float; --within says " +
                                     std::to_string(o.within) + " %");
    });
}
