// Shows:  data-parallel training on several processes, each with its share of the states: mpirun -n 2 examples/distributed. A network
//         learns digits, or with --model text a transformer learns to write.
// Prints: the states of each rank; loss and test result of each epoch; whether the weights are those of one process, to the bit; what
//         a step takes on each rank.
#include <furl/distributed/mpi.hpp>
#include <furl/furl.hpp>

#include "support/dense_network.hpp"
#include "support/digit_options.hpp"
#include "support/run_example.hpp"
#include "support/symbols.hpp"
#include "support/text_pieces.hpp"
#include "support/timing.hpp"
#include "support/training.hpp"
#include "support/transformer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
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
    std::string model = "digits";
    std::size_t epochs = 3, batch = 64, hidden = 500, context = 64;
};

/// A network that learns digits. The digits of a step are one batch, of which each rank has its own part.
class digits_task {
  public:
    using network = dense_network<>;

    digits_task(const options& o, std::size_t ranks, bool prints)
        : data_(o.digits.load(8000, 2000, prints)), all_(data_.train.labels.size(), o.batch, o.digits.seed), batch_(o.batch), ranks_(ranks), epochs_(o.epochs) {}

    network make(const options& o) const { return digit_network(data_, {o.hidden}, o.digits.seed); }
    /// The last batch is left out if it is shorter: all ranks have as many digits.
    std::size_t steps() const { return data_.train.labels.size() / batch_; }
    std::string samples() const { return std::to_string(batch_) + " digits"; }
    void begin_epoch() { all_.shuffle(); }

    /// Gradients of a network for a rank's part of a step. Returns the loss.
    double backward(network& net, std::size_t step, std::size_t rank) {
        const auto first = batch_ * rank / ranks_, end = batch_ * (rank + 1) / ranks_;
        gather(data_.train.pixels, all_[step].subspan(first, end - first), inputs_);
        gather(data_.train.labels, all_[step].subspan(first, end - first), labels_);
        const double loss = loss_of<float>(classification_loss::cross_entropy, net.forward(inputs_), labels_, outputs_gradient_);
        net.backward(inputs_, outputs_gradient_);
        return loss;
    }
    void print(network& net, std::size_t epoch, double loss, double seconds) const {
        print_epoch({epoch, loss, evaluate<float>(net, data_.test.pixels, data_.test.labels, classification_loss::cross_entropy), seconds}, epochs_);
    }

  private:
    digit_data data_;
    batches all_;
    std::size_t batch_, ranks_, epochs_;
    Eigen::MatrixXf inputs_, outputs_gradient_;
    std::vector<std::uint8_t> labels_;
};

/// A transformer that learns to write as furl's documentation does. Each rank draws pieces of the text of its own.
class text_task {
  public:
    using network = transformer<>;

    text_task(const options& o, std::size_t ranks, bool)
        : text_(documentation(FURL_ROOT)), context_(o.context), pieces_(std::max<std::size_t>(o.batch / ranks, 1)), ranks_(ranks), seed_(o.digits.seed) {
        if (text_.symbols.size() < 80 * context_) throw std::runtime_error("the text is too short for --context");
        for (std::size_t i = 0; i < text_.symbols.size(); ++i) (i / (4 * context_) % 10 == 9 ? test_ : train_).push_back(text_.symbols[i]);
    }

    network make(const options& o) const { return {{.symbols = text_.alphabet.size(), .context = o.context}, o.digits.seed}; }
    std::size_t steps() const { return 50; }
    std::string samples() const { return std::to_string(pieces_ * ranks_) + " pieces of text"; }
    void begin_epoch() { ++epoch_; }

    double backward(network& net, std::size_t step, std::size_t rank) {
        random_source random(seed_ + (epoch_ * steps() + step) * ranks_ + rank);
        batch_.draw(train_, pieces_, context_, random);
        const double loss = softmax_cross_entropy<float>(net.forward(batch_.input), batch_.next, outputs_gradient_);
        net.backward(batch_.input, outputs_gradient_);
        return loss;
    }
    void print(network& net, std::size_t epoch, double loss, double seconds) const {
        std::printf("epoch %zu   bits per symbol: training %.3f   test %.3f   %.1f s\n", epoch, loss / std::numbers::ln2, bits_per_symbol(net, test_, seed_), seconds);
    }

  private:
    symbol_text text_;
    std::size_t context_, pieces_, ranks_, epoch_ = 0;
    std::uint64_t seed_;
    std::vector<std::uint8_t> train_, test_;
    text_pieces batch_;
    Eigen::MatrixXf outputs_gradient_;
};

// The times of a step on a rank, in milliseconds, and the bytes of its states.
struct costs {
    double backward = 0, scatter = 0, step = 0, gather = 0, states = 0;
};

template <class Task>
costs learn(furl::mpi& ranks, typename Task::network& network, Task task, const options& o) {
    // [train]
    furl::sharded_optimizer<clipped_adamw> opt(ranks, network.parameters(), {.mean = true});
    // [train]
    costs mean;
    std::size_t steps = 0;
    const stopwatch watch;
    for (std::size_t epoch = 1; epoch <= o.epochs; ++epoch) {
        task.begin_epoch();
        double loss = 0;
        for (std::size_t i = 0; i < task.steps(); ++i) {
            const stopwatch backward;
            loss += task.backward(network, i, ranks.rank());
            mean.backward += 1e3 * backward.seconds();
            // [step]
            opt.step(network.parameters(), network.gradients());   // adds up the gradients of all ranks; all get all weights
            // [step]
            mean.scatter += 1e3 * opt.times().scatter, mean.step += 1e3 * opt.times().step, mean.gather += 1e3 * opt.times().gather;
            ++steps;
        }
        if (ranks.rank() == 0) task.print(network, epoch, loss / static_cast<double>(task.steps()), watch.seconds());
    }
    for (auto* x : {&mean.backward, &mean.scatter, &mean.step, &mean.gather}) *x /= static_cast<double>(std::max<std::size_t>(steps, 1));
    mean.states = static_cast<double>(opt.state_memory());
    return mean;
}

/// The same in one process: the gradients of all parts, added up in the order of the ranks.
template <class Task>
costs learn_alone(typename Task::network& network, Task task, const options& o, std::size_t ranks) {
    furl::optimizer<clipped_adamw> opt(network.parameters());
    std::vector<std::vector<float>> sums;
    for (const auto& p : network.parameters()) sums.emplace_back(p.size());
    costs mean;
    for (std::size_t epoch = 1; epoch <= o.epochs; ++epoch) {
        task.begin_epoch();
        for (std::size_t i = 0; i < task.steps(); ++i) {
            for (std::size_t rank = 0; rank < ranks; ++rank) {
                task.backward(network, i, rank);
                const auto gradients = network.gradients();
                for (std::size_t k = 0; k < sums.size(); ++k)
                    for (std::size_t j = 0; j < sums[k].size(); ++j) {
                        sums[k][j] = rank == 0 ? gradients[k][j] : sums[k][j] + gradients[k][j];
                        if (rank + 1 == ranks) sums[k][j] /= static_cast<float>(ranks);
                    }
            }
            const stopwatch step;
            opt.step(network.parameters(), sums);
            mean.step += 1e3 * step.seconds() / static_cast<double>(task.steps() * o.epochs);
        }
    }
    for (const auto& p : network.parameters()) mean.states += static_cast<double>(2 * p.size() * sizeof(float));
    return mean;
}

template <class Task>
void train_on(furl::mpi& ranks, const options& o) {
    const bool prints = ranks.rank() == 0;
    const Task task(o, ranks.size(), prints);
    auto network = task.make(o);
    auto alone = network;
    std::size_t parameters = 0;
    for (const auto& p : network.parameters()) parameters += p.size();
    if (prints)
        std::printf("%zu parameters on %zu ranks, which learn from %s a step together\n\n", parameters, ranks.size(), task.samples().c_str());

    const costs own = learn(ranks, network, task, o);
    std::vector<costs> all(ranks.size());
    MPI_Gather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, 0, MPI_COMM_WORLD);
    if (!prints) return;

    const costs one = learn_alone(alone, task, o, ranks.size());
    bool equal = true;
    for (std::size_t k = 0; k < network.parameters().size(); ++k) equal = equal && std::ranges::equal(network.parameters()[k], alone.parameters()[k]);
    std::printf("\nthe weights %s those of one process, to the bit\n", equal ? "are" : "are NOT");
    std::printf("\n          states      backward   gradients      step   weights   ms per step\n");
    for (std::size_t r = 0; r < all.size(); ++r)
        std::printf("rank %2zu   %6.0f KB   %9.3f %11.3f %9.3f %9.3f\n", r, all[r].states / 1e3, all[r].backward, all[r].scatter, all[r].step, all[r].gather);
    std::printf("alone     %6.0f KB                         %9.3f\n", one.states / 1e3, one.step);
    if (!equal) throw std::runtime_error("the weights differ from those of one process");
}

void train(furl::mpi& ranks, const options& o) { o.model == "text" ? train_on<text_task>(ranks, o) : train_on<digits_task>(ranks, o); }

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains a network on several processes: mpirun -n 2 distributed", "distributed");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--model", o.model, "digits or text")->check(CLI::IsMember({"digits", "text"}));
    app.add_option("--epochs", o.epochs, "passes over the training digits; on text, rounds of 50 steps")->check(between(1, 1000));
    app.add_option("--batch", o.batch, "digits or pieces of text per step, of all ranks together")->check(between(1, 60000));
    app.add_option("--hidden", o.hidden, "neurons in the hidden layer, for digits")->check(between(1, 10000));
    app.add_option("--context", o.context, "symbols of a piece of text")->check(between(2, 4096));

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
