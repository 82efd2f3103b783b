// Shows:  data-parallel training on several processes, each with its share of the states: mpirun -n 2 examples/distributed
// Prints: the states of each rank; loss and test accuracy of each epoch; whether the weights are those of one process, to the bit; what
//         a step takes on each rank.
#include <furl/distributed/mpi.hpp>
#include <furl/furl.hpp>

#include "support/dense_network.hpp"
#include "support/digit_options.hpp"
#include "support/run_example.hpp"
#include "support/timing.hpp"
#include "support/training.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <vector>

// [rule]
struct clipped_adamw {
    static constexpr auto lr = furl::hyper<"lr">(1e-3);
    static constexpr auto g = furl::clip_by_global_norm(furl::grad, 1.0);
    static constexpr auto m = furl::ema<"m">(g, 0.9);
    static constexpr auto v = furl::ema<"v">(square(g), 0.999);
    static constexpr auto update =
        furl::skip_nonfinite(furl::param * (1 - 0.01 * lr) - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), 1e-8));
};
// [rule]

namespace {

using namespace examples;

struct options {
    digit_options digits;
    std::size_t epochs = 3, batch = 64, hidden = 500;
};

// The digits of a step, of which each rank learns from its own part.
class parted_batches {
  public:
    parted_batches(const digit_data& data, const options& o, std::size_t ranks)
        : data_(data), all_(data.train.labels.size(), o.batch, o.digits.seed), batch_(o.batch), ranks_(ranks) {}

    void shuffle() { all_.shuffle(); }
    /// The last batch is left out if it is shorter: all ranks have as many digits.
    std::size_t steps() const { return data_.train.labels.size() / batch_; }

    /// Gradients of a network for a rank's part of a batch. Returns the loss.
    double backward(dense_network<>& network, std::size_t step, std::size_t rank) {
        const auto first = batch_ * rank / ranks_, end = batch_ * (rank + 1) / ranks_;
        gather(data_.train.pixels, all_[step].subspan(first, end - first), inputs_);
        gather(data_.train.labels, all_[step].subspan(first, end - first), labels_);
        const double loss = loss_of<float>(classification_loss::cross_entropy, network.forward(inputs_), labels_, outputs_gradient_);
        network.backward(inputs_, outputs_gradient_);
        return loss;
    }

  private:
    const digit_data& data_;
    batches all_;
    std::size_t batch_, ranks_;
    Eigen::MatrixXf inputs_, outputs_gradient_;
    std::vector<std::uint8_t> labels_;
};

// The times of a step on a rank, in milliseconds, and the bytes of its states.
struct costs {
    double backward = 0, scatter = 0, step = 0, gather = 0, states = 0;
};

costs learn(furl::mpi& ranks, dense_network<>& network, const digit_data& data, const options& o) {
    // [train]
    furl::sharded_optimizer<clipped_adamw> opt(ranks, network.parameters(), {.mean = true});
    // [train]
    costs mean;
    parted_batches parts(data, o, ranks.size());
    std::size_t steps = 0;
    const stopwatch watch;
    for (std::size_t epoch = 1; epoch <= o.epochs; ++epoch) {
        parts.shuffle();
        double loss = 0;
        for (std::size_t i = 0; i < parts.steps(); ++i) {
            const stopwatch backward;
            loss += parts.backward(network, i, ranks.rank());
            mean.backward += 1e3 * backward.seconds();
            // [step]
            opt.step(network.parameters(), network.gradients());   // adds up the gradients of all ranks; all get all weights
            // [step]
            mean.scatter += 1e3 * opt.times().scatter, mean.step += 1e3 * opt.times().step, mean.gather += 1e3 * opt.times().gather;
            ++steps;
        }
        if (ranks.rank() == 0)
            print_epoch({epoch, loss / static_cast<double>(parts.steps()),
                         evaluate<float>(network, data.test.pixels, data.test.labels, classification_loss::cross_entropy), watch.seconds()},
                        o.epochs);
    }
    for (auto* x : {&mean.backward, &mean.scatter, &mean.step, &mean.gather}) *x /= static_cast<double>(std::max<std::size_t>(steps, 1));
    mean.states = static_cast<double>(opt.state_memory());
    return mean;
}

/// The same in one process: the gradients of all parts, added up in the order of the ranks.
costs learn_alone(dense_network<>& network, const digit_data& data, const options& o, std::size_t ranks) {
    furl::optimizer<clipped_adamw> opt(network.parameters());
    std::vector<std::vector<float>> sums;
    for (const auto& p : network.parameters()) sums.emplace_back(p.size());
    costs mean;
    parted_batches parts(data, o, ranks);
    for (std::size_t epoch = 1; epoch <= o.epochs; ++epoch) {
        parts.shuffle();
        for (std::size_t i = 0; i < parts.steps(); ++i) {
            for (std::size_t rank = 0; rank < ranks; ++rank) {
                parts.backward(network, i, rank);
                const auto gradients = network.gradients();
                for (std::size_t k = 0; k < sums.size(); ++k)
                    for (std::size_t j = 0; j < sums[k].size(); ++j) {
                        sums[k][j] = rank == 0 ? gradients[k][j] : sums[k][j] + gradients[k][j];
                        if (rank + 1 == ranks) sums[k][j] /= static_cast<float>(ranks);
                    }
            }
            const stopwatch step;
            opt.step(network.parameters(), sums);
            mean.step += 1e3 * step.seconds() / static_cast<double>(parts.steps() * o.epochs);
        }
    }
    for (const auto& p : network.parameters()) mean.states += static_cast<double>(2 * p.size() * sizeof(float));
    return mean;
}

void train(furl::mpi& ranks, const options& o) {
    const bool prints = ranks.rank() == 0;
    const digit_data data = o.digits.load(8000, 2000, prints);
    dense_network<> network = digit_network(data, {o.hidden}, o.digits.seed);
    auto alone = network;
    if (prints) std::printf("network: %td-%zu-10 on %zu ranks, which learn %zu digits a step together\n\n", data.train.pixels.rows(), o.hidden, ranks.size(), o.batch);

    const costs own = learn(ranks, network, data, o);
    std::vector<costs> all(ranks.size());
    MPI_Gather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, 0, MPI_COMM_WORLD);
    if (!prints) return;

    const costs one = learn_alone(alone, data, o, ranks.size());
    bool equal = true;
    for (std::size_t k = 0; k < network.parameters().size(); ++k) equal = equal && std::ranges::equal(network.parameters()[k], alone.parameters()[k]);
    std::printf("\nthe weights %s those of one process, to the bit\n", equal ? "are" : "are NOT");
    std::printf("\n          states      backward   gradients      step   weights   ms per step\n");
    for (std::size_t r = 0; r < all.size(); ++r)
        std::printf("rank %2zu   %6.0f KB   %9.3f %11.3f %9.3f %9.3f\n", r, all[r].states / 1e3, all[r].backward, all[r].scatter, all[r].step, all[r].gather);
    std::printf("alone     %6.0f KB                         %9.3f\n", one.states / 1e3, one.step);
    if (!equal) throw std::runtime_error("the weights differ from those of one process");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains a network on handwritten digits on several processes: mpirun -n 2 distributed", "distributed");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--epochs", o.epochs, "passes over the training digits")->check(between(1, 1000));
    app.add_option("--batch", o.batch, "digits per step, of all ranks together")->check(between(1, 60000));
    app.add_option("--hidden", o.hidden, "neurons in the hidden layer")->check(between(1, 10000));

    return run_example(app, argc, argv, [&] {
        // [main]
        MPI_Init(&argc, &argv);
        {
            furl::mpi ranks(MPI_COMM_WORLD);
            train(ranks, o);   // what it throws ends this process, and mpirun ends the others
        }
        MPI_Finalize();
        // [main]
    });
}
