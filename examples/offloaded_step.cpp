// Shows:  an optimizer whose states are on the CPU while a device computes. The device sends the gradients in bfloat16, tensor by
//         tensor, as its backward pass makes them. step_tensor reads each as it arrives, for the global norm. The last one starts the
//         pass that clips, steps, writes the weights for the device, and zeroes the gradients.
// Prints: the time from the last gradient to the new weights, beside that of a step that begins when all gradients are there; and
//         whether both gave the same weights.
#include <furl/furl.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adamw.hpp>

#include "support/run_example.hpp"
#include "support/timing.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace examples;
using furl::bfloat16;

// [rule]
struct clipped_adamw {
    static constexpr auto gradient = furl::clip_by_global_norm(furl::grad, furl::hyper<"max_norm">(1.0));
    static constexpr auto update = furl::zero_grad(furl::skip_nonfinite(furl::replace(furl::zoo::adamw::update, furl::grad, gradient)));
};

// The device holds bfloat16. The optimizer adds the 16 bits that a float has more, and keeps its moments in bfloat16.
using formats = furl::storage<furl::param_as<furl::split<bfloat16>>,
                              furl::grad_as<bfloat16>,
                              furl::states_as<furl::stochastic<bfloat16>>>;
using offloaded = furl::optimizer<clipped_adamw, float, formats>;
// [rule]

using tensors = std::vector<std::vector<bfloat16>>;

struct options {
    std::size_t layers = 12, width = 384, steps = 5, threads = 1;
    double rate = 8;
};

// The matrices and vectors of a transformer's layers.
std::vector<std::size_t> sizes_of(const options& o) {
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < o.layers; ++i)
        for (auto n : {3 * o.width * o.width, o.width * o.width, 4 * o.width * o.width, 4 * o.width * o.width, 4 * o.width, o.width})
            sizes.push_back(n);
    return sizes;
}

/// The numbers of the tensors whose gradients have arrived.
class arrivals {
  public:
    void push(std::size_t tensor) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(tensor);
        changed_.notify_one();
    }
    std::size_t pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !waiting_.empty(); });
        const auto tensor = waiting_.front();
        waiting_.pop_front();
        return tensor;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::size_t> waiting_;
};

/// Stands for the device: its backward pass goes from the last tensor to the first, and a link copies each gradient to the host.
class device {
  public:
    device(const std::vector<std::size_t>& sizes, double rate) : rate_(rate) {
        std::mt19937 random(1);
        std::normal_distribution<float> normal(0, 0.01f);
        for (auto n : sizes) {
            made_.emplace_back(n);
            for (auto& x : made_.back()) x = bfloat16(normal(random));
        }
    }

    /// Sends all gradients in a thread of its own. It is done when `arrived` was called for each.
    template <class Arrived>
    std::jthread backward(tensors& to, Arrived arrived) const {
        return std::jthread([this, &to, arrived] {
            const auto start = std::chrono::steady_clock::now();
            double bytes = 0;
            for (std::size_t i = made_.size(); i-- > 0;) {
                std::ranges::copy(made_[i], to[i].begin());
                bytes += 2 * static_cast<double>(made_[i].size());
                std::this_thread::sleep_until(start + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(bytes / rate_ * 1e-9)));
                arrived(i);
            }
        });
    }

  private:
    tensors made_;
    double rate_;
};

double median(std::vector<double> x) {
    std::ranges::sort(x);
    return x[x.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Steps on the CPU while gradients arrive from a device.", "offloaded_step");
    setup(app);
    options o;
    app.add_option("--layers", o.layers, "layers of the transformer")->check(between(1, 1000));
    app.add_option("--width", o.width, "width of the transformer")->check(between(1, 10000));
    app.add_option("--steps", o.steps, "training steps")->check(between(1, 1000));
    app.add_option("--threads", o.threads, "threads of the optimizer")->check(between(1, 256));
    app.add_option("--rate", o.rate, "bandwidth of the link to the device, in GB/s")->check(between(0.01, 1000));

    return run_example(app, argc, argv, [&] {
        const auto sizes = sizes_of(o);
        std::size_t parameters = 0;
        for (auto n : sizes) parameters += n;
        std::printf("%zu tensors, %.1f million parameters, %.0f MB on the host; a link of %g GB/s\n", sizes.size(), 1e-6 * static_cast<double>(parameters),
                    1e-6 * static_cast<double>(parameters) * 10, o.rate);
        const device gpu(sizes, o.rate);
        furl::thread_pool pool(o.threads);
        tensors weights, gradients;
        for (auto n : sizes) {
            weights.emplace_back(n, bfloat16(0.1f));
            gradients.emplace_back(n);
        }
        auto expected = weights;
        offloaded whole(sizes), opt(sizes);

        std::vector<double> at_once, as_they_arrive;
        for (std::size_t t = 0; t < o.steps; ++t) {
            gpu.backward(gradients, [](std::size_t) {}).join();
            const stopwatch all_there;
            whole.step(pool, expected, gradients);
            at_once.push_back(1e3 * all_there.seconds());

            // [step]
            arrivals arrived;
            stopwatch since_last;
            const auto link = gpu.backward(gradients, [&](std::size_t i) {
                if (i == 0) since_last = {};
                arrived.push(i);
            });
            for (std::size_t k = 0; k < sizes.size(); ++k) {
                const auto i = arrived.pop();
                opt.step_tensor(pool, i, weights[i], gradients[i]);
            }
            // [step]
            as_they_arrive.push_back(1e3 * since_last.seconds());
        }
        std::printf("from the last gradient to the new weights, median of %zu steps:\n", o.steps);
        std::printf("  step, when all gradients are there    %8.2f ms\n", median(at_once));
        std::printf("  step_tensor, as each gradient arrives %8.2f ms\n", median(as_they_arrive));
        const auto bits = [](const std::vector<bfloat16>& x) { return std::as_bytes(std::span(x)); };
        for (std::size_t i = 0; i < sizes.size(); ++i)
            if (!std::ranges::equal(bits(weights[i]), bits(expected[i]))) throw std::runtime_error("the weights of tensor " + std::to_string(i) + " differ");
        std::printf("both gave the same weights, to the bit\n");
    });
}
