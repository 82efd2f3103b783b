// Shows:  a rule of your own as an optimizer of libtorch: a convolutional network of libtorch, its autograd and one of its schedulers, and
//         furl's step in between; beside it the same training with libtorch's own AdamW.
// Prints: the loss and accuracy of each epoch for both, which are equal to rounding, then the rule with clipping, and what a step takes.
#include <furl/adapt/torch.hpp>
#include <furl/furl.hpp>

#include "support/digit_options.hpp"
#include "support/run_example.hpp"
#include "support/timing.hpp"
#include "support/torch_tensors.hpp"

#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace examples;

// [rule]
// AdamW as its equation. libtorch has it too, so both can be compared.
struct my_adamw {
    static constexpr auto lr = furl::hyper<"lr">(1e-3);
    static constexpr auto beta1 = furl::hyper<"beta1">(0.9);
    static constexpr auto beta2 = furl::hyper<"beta2">(0.999);
    static constexpr auto eps = furl::hyper<"eps">(1e-8);
    static constexpr auto decay = furl::hyper<"weight_decay">(0.01);

    static constexpr auto m = furl::ema<"m">(furl::grad, beta1);
    static constexpr auto v = furl::ema<"v">(square(furl::grad), beta2);
    static constexpr auto update =
        furl::param * (1 - lr * decay) - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};

// The same with clipping by the norm of all gradients, and an average of the weights: one step, no further call.
struct my_training {
    static constexpr auto clipped =
        furl::replace(my_adamw::update, furl::grad, furl::clip_by_global_norm<"norm", "factor">(furl::grad, 1.0));
    static constexpr auto update = furl::weight_ema(clipped, 0.99);
};
// [rule]

struct options {
    digit_options digits;
    std::int64_t epochs = 3, batch = 64;
    double lr = 2e-3;
};

struct network : torch::nn::Module {
    torch::nn::Conv2d first{torch::nn::Conv2dOptions(1, 8, 3).stride(2)}, second{torch::nn::Conv2dOptions(8, 16, 3).stride(2)};
    torch::nn::Linear last{nullptr};

    explicit network(std::int64_t side) {
        register_module("first", first);
        register_module("second", second);
        last = register_module("last", torch::nn::Linear(second->forward(first->forward(torch::zeros({1, 1, side, side}))).numel(), 10));
    }
    torch::Tensor forward(const torch::Tensor& x) {
        return last->forward(torch::relu(second->forward(torch::relu(first->forward(x)))).flatten(1));
    }
};

struct pictures {
    torch::Tensor x, labels;

    explicit pictures(const examples::digits& from) : labels(torch::empty({static_cast<std::int64_t>(from.labels.size())}, torch::kLong)) {
        const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(from.pixels.rows()))));
        x = torch_copy(from.pixels).reshape({-1, 1, side, side});
        std::copy(from.labels.begin(), from.labels.end(), labels.data_ptr<std::int64_t>());
    }
};

// Trains a network with an optimizer of libtorch's type, and halves the rate after each epoch. Returns the last loss.
double train(network& net, torch::optim::Optimizer& opt, const pictures& data, const pictures& test, const options& o) {
    torch::optim::StepLR schedule(opt, 1, 0.5);
    torch::manual_seed(1);
    double mean = 0;
    for (std::int64_t epoch = 1; epoch <= o.epochs; ++epoch) {
        const auto order = torch::randperm(data.labels.size(0));
        double sum = 0;
        std::int64_t batches = 0;
        for (const auto& some : order.split(o.batch)) {
            opt.zero_grad();
            const auto loss = torch::cross_entropy_loss(net.forward(data.x.index_select(0, some)), data.labels.index_select(0, some));
            loss.backward();
            opt.step();
            sum += loss.item<double>();
            ++batches;
        }
        const torch::NoGradGuard no_gradients;
        const double rate = opt.param_groups()[0].options().get_lr();
        schedule.step();
        mean = sum / static_cast<double>(batches);
        const auto right = net.forward(test.x).argmax(1).eq(test.labels).to(torch::kDouble).mean().item<double>();
        std::printf("  epoch %d   lr %.5f   loss %.6f   accuracy %.2f %%\n", static_cast<int>(epoch), rate, mean, 100 * right);
    }
    return mean;
}

// Gradients that hardly move the weights, for the timing.
void give_small_gradients(network& net) {
    for (auto& p : net.parameters()) p.mutable_grad() = torch::full_like(p.detach(), 1e-6);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains a convolutional network of libtorch on handwritten digits, by a rule of our own and by libtorch's AdamW.", "torch_training");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--epochs", o.epochs, "passes over the training digits")->check(between(1, 1000));
    app.add_option("--batch", o.batch, "digits per step")->check(between(1, 60000));
    app.add_option("--lr", o.lr, "learning rate of the first epoch")->check(between(1e-9, 10));

    return run_example(app, argc, argv, [&] {
        const digit_data data = o.digits.load();
        const pictures learned(data.train), test(data.test);
        const auto fresh = [&] {
            torch::manual_seed(static_cast<std::uint64_t>(o.digits.seed));
            return network(learned.x.size(2));
        };

        network ours = fresh(), theirs = fresh(), averaged = fresh();
        // [optimizer]
        furl::torch_optimizer<my_adamw> opt(ours.parameters(), {{"lr", o.lr}});
        // [optimizer]
        torch::optim::AdamW adamw(theirs.parameters(), torch::optim::AdamWOptions(o.lr));
        std::printf("\nfurl::torch_optimizer<my_adamw>\n");
        const double our_loss = train(ours, opt, learned, test, o);
        std::printf("torch::optim::AdamW\n");
        const double their_loss = train(theirs, adamw, learned, test, o);
        std::printf("  the losses differ by %.1e\n\n", std::abs(our_loss - their_loss));

        std::printf("the same with clipping and an average of the weights, furl::torch_optimizer<my_training>\n");
        furl::torch_optimizer<my_training> more(averaged.parameters(), {{"lr", o.lr}});
        train(averaged, more, learned, test, o);
        std::printf("  the norm of the last gradient was %.4f, and was multiplied by %.4f\n\n", more.value("norm"), more.value("factor"));

        give_small_gradients(ours);
        give_small_gradients(theirs);
        at::set_num_threads(1);
        const auto times = compare(100, [&] { opt.step(); }, [&] { adamw.step(); });
        std::printf("a step: %.1f us, of torch::optim::AdamW %.1f us (%.1f times as long)\n", times.first.median / 1e3, times.second.median / 1e3, times.ratio);
    });
}
