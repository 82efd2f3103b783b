// libtorch's own optimizers, where the library is there: one tensor, the tensors of models, and the tail of a training
// step. "torch_optimizer" is furl behind libtorch's interface. "kernel" is the loop after PyTorch's fused CPU kernel, called as PyTorch's optimizer calls it: for each tensor, by
// at::parallel_for, with the step in a tensor of its own; _foreach_add_ counts them up.
#include "peers/peers.hpp"
#include "support/models.hpp"

#include <furl/adapt/torch.hpp>
#include <furl/bench/rule.hpp>
#include <furl/bench/run.hpp>
#include <furl/furl.hpp>
#include <furl/memory/tensor_arena.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <torch/types.h>

#include <ATen/Parallel.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

using tensors = std::vector<torch::Tensor>;

tensors with_gradients(const std::vector<std::size_t>& sizes) {
    tensors list;
    for (auto n : sizes) {
        list.push_back((torch::rand({static_cast<std::int64_t>(n)}) - 0.5).requires_grad_());
        list.back().mutable_grad() = torch::rand({static_cast<std::int64_t>(n)}) + 0.01;
    }
    return list;
}

void new_gradients(const tensors& list) {
    for (const auto& t : list) t.grad().fill_(0.1);
}

struct states {
    explicit states(const tensors& list) {
        for (const auto& t : list) {
            step.push_back(torch::zeros({}));
            m.push_back(torch::zeros_like(t));
            v.push_back(torch::zeros_like(t));
        }
    }
    tensors step, m, v;
};

void kernel(tensors& list, states& of, const bench::adamw_hyper& hyper) {
    torch::NoGradGuard no_gradient;
    at::_foreach_add_(of.step, 1);
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto step = static_cast<std::size_t>(of.step[i].item<double>());
        auto* const param = list[i].data_ptr<float>();
        const auto* grad = list[i].grad().data_ptr<float>();
        auto* const m = of.m[i].data_ptr<float>();
        auto* const v = of.v[i].data_ptr<float>();
        constexpr std::int64_t line = 16;  // floats; PyTorch splits a tensor at cache lines
        const auto n = list[i].numel();
        at::parallel_for(0, (n + line - 1) / line, 0, [&](std::int64_t begin, std::int64_t end) {
            const auto from = begin * line, size = std::min(n, end * line) - from;
            bench::pytorch_adamw({param + from, grad + from, m + from, v + from, static_cast<std::size_t>(size)}, hyper,
                                 step);
        });
    }
}

template <class Rule, class Options, class Optimizer>
void add_optimizer(const std::string& name, Options options, const furl::bench::settings& s,
                   std::vector<furl::bench::job>& jobs) {
    for (auto n : s.sizes)
        jobs.push_back({"libtorch " + name, n, furl::bench::rule_loops<Rule>::bytes_per_parameter,
                        [n, options, threads = s.threads] {
                            auto loops = furl::bench::rule_loops<Rule>::prepare(n, threads);
                            const auto list = std::make_shared<tensors>(with_gradients({n}));
                            const auto theirs = std::make_shared<Optimizer>(*list, options);
                            std::erase_if(loops, [](const auto& l) { return l.name == "naive" || l.name == "textbook"; });
                            loops.push_back({"libtorch",
                                             [list, theirs](std::size_t calls) {
                                                 for (; calls > 0; --calls) theirs->step();
                                             },
                                             {}, threads > 1});
                            return loops;
                        }});
}

// Adafactor as PyTorch does it since 2.5 (torch/optim/_adafactor.py, _single_tensor_adafactor): tensor operations, one after the
// other. libtorch has no such optimizer, so the operations stand here. furl has the same states, and the same algorithm.
struct adafactor_loops {
    explicit adafactor_loops(furl::shape s) : ours(s) {
        const auto R = static_cast<std::int64_t>(s.rows), C = static_cast<std::int64_t>(s.columns);
        param = torch::rand({R, C}) - 0.5;
        grad = torch::rand({R, C}) + 0.01;
        row = torch::zeros({R, 1});
        column = torch::zeros({1, C});
        copy = param.clone();
    }
    furl::optimizer<furl::zoo::adafactor> ours;
    torch::Tensor param, grad, row, column, copy;  // furl steps the copy
    double step = 0;

    void tensor_operations() {
        using rule = furl::zoo::adafactor;
        const double lr = ours[rule::lr], eps1 = ours[rule::eps1], eps2 = ours[rule::eps2], d = ours[rule::d];
        ++step;
        const double weight = std::pow(step, ours[rule::beta2_decay]);
        const double size = std::sqrt(static_cast<double>(param.numel()));
        const double alpha = std::max(eps2, param.norm(2).item<double>() / size) * std::min(lr, 1 / std::sqrt(step));
        row.lerp_(grad.norm(2, {-1}, true).square_().div_(grad.size(-1)), weight);
        column.lerp_(grad.norm(2, {-2}, true).square_().div_(grad.size(-2)), weight);
        auto update = row.matmul(column);
        update.div_(row.mean(at::IntArrayRef{-2}, true).clamp_(eps1));
        update.clamp_(eps1 * eps1).rsqrt_().mul_(grad);
        param.add_(update, -alpha / std::max(1.0, update.norm(2).item<double>() / (size * d)));
    }
    std::span<float> values(const torch::Tensor& t) { return {t.data_ptr<float>(), static_cast<std::size_t>(t.numel())}; }
    void step_ours() { ours.step(values(copy), std::span<const float>(values(grad))); }
};

void add_adafactor(furl::shape s, const furl::bench::settings& settings, std::vector<furl::bench::job>& jobs) {
    jobs.push_back({"libtorch adafactor", s.size(), furl::cost<furl::zoo::adafactor>.bytes_per_parameter, [s, parallel = settings.threads > 1] {
                        adafactor_loops check({40, 30});
                        for (int t = 0; t < 3; ++t) check.tensor_operations(), check.step_ours();
                        TORCH_CHECK(check.copy.allclose(check.param, 1e-4, 1e-6), "furl's Adafactor and the tensor operations differ");
                        const auto w = std::make_shared<adafactor_loops>(s);
                        return std::vector<furl::bench::loop>{{"fused", [w](std::size_t calls) { for (; calls > 0; --calls) w->step_ours(); }},
                                                              {"libtorch",
                                                               [w](std::size_t calls) {
                                                                   torch::NoGradGuard no_gradient;
                                                                   for (; calls > 0; --calls) w->tensor_operations();
                                                               },
                                                               {}, parallel}};
                    }});
}

// Loops of furl and libtorch over the tensors of a model.
struct model_loops {
    explicit model_loops(const bench::model& m)
        : list(with_gradients(m.sizes)),
          kernel_states(list),
          adamw(list, torch::optim::AdamWOptions(1e-3)),
          adapted(list),
          scattered(m.sizes),
          memory(m.sizes),
          ours(m.sizes) {
        for (const auto& t : list) {
            parameters.emplace_back(t.data_ptr<float>(), static_cast<std::size_t>(t.numel()));
            gradients.emplace_back(t.grad().data_ptr<float>(), static_cast<std::size_t>(t.numel()));
        }
        for (std::size_t i = 0; i < m.sizes.size(); ++i) {
            furl::bench::fill(memory.parameter(i), 1);
            furl::bench::fill(memory.gradient(i), 2);
        }
    }
    tensors list;
    states kernel_states;
    torch::optim::AdamW adamw;
    furl::torch_optimizer<furl::zoo::adamw, furl::torch_types<float>> adapted;
    std::vector<std::span<float>> parameters, gradients;  // of libtorch's tensors
    furl::optimizer<furl::zoo::adamw> scattered;          // over them
    furl::tensor_arena<float> memory;
    furl::optimizer<furl::zoo::adamw> ours;
    bench::adamw_hyper hyper;
};

std::vector<furl::bench::loop> model_step(const bench::model& m, std::size_t threads) {
    const auto w = std::make_shared<model_loops>(m);
    std::vector<furl::bench::loop> loops{{"arena",
                                          [w](std::size_t calls) {
                                              for (; calls > 0; --calls) w->ours.step(w->memory.parameters(), w->memory.gradients());
                                          }},
                                         {"scattered", [w](std::size_t calls) {
                                              for (; calls > 0; --calls) w->scattered.step(w->parameters, w->gradients);
                                          }}};
    if (threads > 1) {
        const auto pool = std::make_shared<furl::thread_pool>(threads);
        loops.push_back(furl::bench::on_threads(threads, "arena", [w, pool](std::size_t calls) {
            for (; calls > 0; --calls) w->ours.step(*pool, w->memory.parameters(), w->memory.gradients());
        }));
        loops.push_back(furl::bench::on_threads(threads, "scattered", [w, pool](std::size_t calls) {
            for (; calls > 0; --calls) w->scattered.step(*pool, w->parameters, w->gradients);
        }));
    }
    loops.push_back({"torch_optimizer",
                     [w](std::size_t calls) {
                         for (; calls > 0; --calls) w->adapted.step();
                     },
                     {}, threads > 1});
    loops.push_back({"kernel",
                     [w](std::size_t calls) {
                         for (; calls > 0; --calls) kernel(w->list, w->kernel_states, w->hyper);
                     },
                     {}, threads > 1});
    loops.push_back({"libtorch",
                     [w](std::size_t calls) {
                         for (; calls > 0; --calls) w->adamw.step();
                     },
                     {}, threads > 1});
    return loops;
}

struct training_tail {
    static constexpr auto clipped =
        furl::replace(furl::zoo::adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
    static constexpr auto update = furl::zero_grad(furl::weight_ema(clipped, 0.999));
};

struct tail_loops : model_loops {
    explicit tail_loops(const bench::model& m) : model_loops(m), tail(m.sizes) {
        for (const auto& t : list) average.push_back(t.detach().clone());
    }
    furl::optimizer<training_tail> tail;
    tensors average;

    void around(const std::function<void()>& step) {
        torch::nn::utils::clip_grad_norm_(list, 1.0);
        step();
        torch::NoGradGuard no_gradient;
        for (std::size_t i = 0; i < list.size(); ++i) average[i].lerp_(list[i].detach(), 0.001);
        for (auto& t : list) t.mutable_grad().zero_();
    }
    void refill() {
        new_gradients(list);
        for (std::size_t i = 0; i < memory.tensors(); ++i) furl::bench::fill(memory.gradient(i), 2);
    }
};

std::vector<furl::bench::loop> model_tail(const bench::model& m, std::size_t threads) {
    const auto w = std::make_shared<tail_loops>(m);
    const auto renew = [w] { w->refill(); };
    return {{"arena",
             [w](std::size_t calls) {
                 for (; calls > 0; --calls) w->tail.step(w->memory.parameters(), w->memory.gradients());
             },
             renew},
            {"kernel",
             [w](std::size_t calls) {
                 for (; calls > 0; --calls) w->around([&] { kernel(w->list, w->kernel_states, w->hyper); });
             },
             renew, threads > 1},
            {"libtorch",
             [w](std::size_t calls) {
                 for (; calls > 0; --calls) w->around([&] { w->adamw.step(); });
             },
             renew, threads > 1}};
}

}  // namespace

int main(int argc, char** argv) {
    return furl::bench::run(argc, argv, {[](const furl::bench::settings& s, std::vector<furl::bench::job>& jobs) {
        namespace zoo = furl::zoo;
        namespace optim = torch::optim;
        at::set_num_threads(static_cast<int>(s.threads));
        add_optimizer<zoo::sgd_momentum, optim::SGDOptions, optim::SGD>("sgd_momentum",
                                                                        optim::SGDOptions(1e-6).momentum(0.9), s, jobs);
        add_optimizer<zoo::adam, optim::AdamOptions, optim::Adam>("adam", optim::AdamOptions(1e-6), s, jobs);
        add_optimizer<zoo::adamw, optim::AdamWOptions, optim::AdamW>("adamw", optim::AdamWOptions(1e-6), s, jobs);
        add_optimizer<zoo::adagrad, optim::AdagradOptions, optim::Adagrad>("adagrad", optim::AdagradOptions(1e-6), s, jobs);
        add_optimizer<zoo::rmsprop, optim::RMSpropOptions, optim::RMSprop>("rmsprop", optim::RMSpropOptions(1e-6), s, jobs);
        add_adafactor({4096, 4096}, s, jobs);
        for (const auto& m : bench::models()) {
            jobs.push_back({"libtorch tensors " + m.name, m.parameters(), furl::cost<zoo::adamw>.bytes_per_parameter,
                            [m, threads = s.threads] { return model_step(m, threads); }});
            jobs.push_back({"libtorch training " + m.name, m.parameters(),
                            furl::cost<training_tail>.bytes_per_parameter, [m, threads = s.threads] { return model_tail(m, threads); }});
        }
    }});
}
