// What follows the backward pass in a training loop: clip by the global norm, AdamW, the average of the weights, and
// zeroing the gradients. As one rule of furl, and pass by pass.
#include "peers/peers.hpp"
#include "support/arena_limit.hpp"
#include "support/models.hpp"
#include "support/passes.hpp"

#include <furl/bench/job.hpp>
#include <furl/furl.hpp>
#include <furl/memory/tensor_arena.hpp>
#include <furl/zoo/adamw.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace {

struct training_tail {
    static constexpr auto max_norm = furl::hyper<"max_norm">(1.0);
    static constexpr auto decay = furl::hyper<"decay">(0.999);

    static constexpr auto clipped =
        furl::replace(furl::zoo::adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, max_norm));
    static constexpr auto update = furl::zero_grad(furl::weight_ema(clipped, decay));
};
static_assert(furl::cost<training_tail>.passes == 2);

class workload {
  public:
    explicit workload(const bench::model& m)
        : sizes_(m.sizes),
          param_(m.sizes, 1),
          grad_(m.sizes, 2),
          m_(m.sizes, 3),
          v_(m.sizes, 4),
          average_(m.sizes, 5),
          memory_(m.sizes),
          one_rule_(m.sizes),
          in_arena_(m.sizes),
          adamw_(m.sizes),
          limit_(memory_, in_arena_) {
        param_.fill(1);
        for (std::size_t i = 0; i < sizes_.size(); ++i) furl::bench::fill(memory_.parameter(i), 1);
    }

    // Before each sample, so that moments do not decay to denormals.
    void new_gradients() {
        grad_.fill(2);
        for (std::size_t i = 0; i < sizes_.size(); ++i) furl::bench::fill(memory_.gradient(i), 2);
    }

    void arena(std::size_t calls) {
        for (; calls > 0; --calls) in_arena_.step(memory_.parameters(), memory_.gradients());
    }
    void scattered(std::size_t calls) {
        for (; calls > 0; --calls) one_rule_.step(param_.list(), grad_.list());
    }
    // furl's AdamW, with the other passes around it.
    void separate(std::size_t calls) {
        for (; calls > 0; --calls) {
            clip();
            adamw_.step(param_.list(), grad_.list());
            average_and_zero();
        }
    }
    // The fused kernel of PyTorch for each tensor, with clip_grad_norm_, an AveragedModel and zero_grad(set_to_none =
    // False) around it, each of which goes through the tensors.
    void pytorch(std::size_t calls) {
        for (; calls > 0; --calls) {
            clip();
            ++step_;
            for (std::size_t i = 0; i < sizes_.size(); ++i)
                bench::pytorch_adamw({param_[i].data(), grad_[i].data(), m_[i].data(), v_[i].data(), sizes_[i]}, hyper_,
                                     step_);
            average_and_zero();
        }
    }

    void memory(std::size_t calls) { limit_.run(calls); }

  private:
    std::vector<std::size_t> sizes_;
    bench::scattered param_, grad_, m_, v_, average_;
    furl::tensor_arena<float> memory_;
    furl::optimizer<training_tail> one_rule_, in_arena_;
    furl::optimizer<furl::zoo::adamw> adamw_;
    bench::arena_limit<training_tail> limit_;
    bench::adamw_hyper hyper_;
    std::size_t step_ = 0;

    void clip() {
        double sum = 0;
        for (std::size_t i = 0; i < sizes_.size(); ++i) sum += bench::sum_of_squares(grad_[i].data(), sizes_[i]);
        const auto factor = static_cast<float>(std::min(1.0, 1.0 / (std::sqrt(sum) + 1e-6)));
        for (std::size_t i = 0; i < sizes_.size(); ++i) bench::scale(grad_[i].data(), factor, sizes_[i]);
    }
    void average_and_zero() {
        for (std::size_t i = 0; i < sizes_.size(); ++i)
            bench::average(average_[i].data(), param_[i].data(), 0.001f, sizes_[i]);
        for (std::size_t i = 0; i < sizes_.size(); ++i) std::ranges::fill(grad_[i], 0.0f);
    }
};

const bool registered = furl::bench::add_to_registered(
    [](const furl::bench::settings&, std::vector<furl::bench::job>& jobs) {
        for (const auto& m : bench::models())
            jobs.push_back({"training " + m.name, m.parameters(), furl::cost<training_tail>.bytes_per_parameter, [m] {
                                const auto w = std::make_shared<workload>(m);
                                const auto loop = [w](const char* name, void (workload::*run)(std::size_t)) {
                                    return furl::bench::loop{name, [w, run](std::size_t calls) { ((*w).*run)(calls); },
                                                             [w] { w->new_gradients(); }};
                                };
                                return std::vector{loop("arena", &workload::arena),
                                                   loop("scattered", &workload::scattered),
                                                   loop("separate", &workload::separate),
                                                   loop("pytorch", &workload::pytorch),
                                                   loop("memory", &workload::memory)};
                            }});
    });

}  // namespace
