// AdamW over the tensors of whole models, scattered in memory and in one arena.
#include "peers/peers.hpp"
#include "support/arena_limit.hpp"
#include "support/loops.hpp"
#include "support/models.hpp"

#include <furl/bench/job.hpp>
#include <furl/furl.hpp>
#include <furl/memory/tensor_arena.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adamw.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace {

using rule = furl::zoo::adamw;

// Loops by hand: moments scattered, too, as a library that keeps a tensor for each of them has it.
class workload {
  public:
    explicit workload(const bench::model& m)
        : sizes_(m.sizes),
          param_(m.sizes, 1),
          grad_(m.sizes, 2),
          m_(m.sizes, 3),
          v_(m.sizes, 4),
          scattered_(m.sizes),
          memory_(m.sizes),
          in_arena_(m.sizes),
          limit_(memory_, in_arena_) {
        param_.fill(1);
        grad_.fill(2);
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            furl::bench::fill(memory_.parameter(i), 1);
            furl::bench::fill(memory_.gradient(i), 2);
        }
    }

    template <class... Pool>
    void arena(std::size_t calls, Pool&... pool) {
        for (; calls > 0; --calls) in_arena_.step(pool..., memory_.parameters(), memory_.gradients());
    }
    template <class... Pool>
    void scattered(std::size_t calls, Pool&... pool) {
        for (; calls > 0; --calls) scattered_.step(pool..., param_.list(), grad_.list());
    }
    template <class... Pool>
    void memory(std::size_t calls, Pool&... pool) {
        limit_.run(calls, pool...);
    }
    // With furl's states: they are in one piece.
    void scattered_memory(std::size_t calls) {
        for (; calls > 0; --calls)
            for (std::size_t i = 0; i < sizes_.size(); ++i)
                furl::bench::keep(furl::bench::memory_limit<furl::plan<rule, furl::contracted>, float>::run(
                    {param_[i].data(), grad_[i].data(), scattered_.state(rule::m, i).data(), scattered_.state(rule::v, i).data()},
                    sizes_[i]));
    }
    void each(void (*step)(const bench::streams&, const bench::adamw_hyper&, std::size_t), std::size_t calls) {
        for (; calls > 0; --calls) {
            ++step_;
            for (std::size_t i = 0; i < sizes_.size(); ++i)
                step({param_[i].data(), grad_[i].data(), m_[i].data(), v_[i].data(), sizes_[i]}, hyper_, step_);
        }
    }

  private:
    std::vector<std::size_t> sizes_;
    bench::scattered param_, grad_, m_, v_;
    furl::optimizer<rule> scattered_;
    furl::tensor_arena<float> memory_;
    furl::optimizer<rule> in_arena_;
    bench::arena_limit<rule> limit_;
    bench::adamw_hyper hyper_;
    std::size_t step_ = 0;
};

const bool registered = furl::bench::add_to_registered(
    [](const furl::bench::settings& s, std::vector<furl::bench::job>& jobs) {
        for (const auto& m : bench::models())
            jobs.push_back({"tensors " + m.name, m.parameters(), furl::cost<rule>.bytes_per_parameter,
                            [m, threads = s.threads] {
                                const auto w = std::make_shared<workload>(m);
                                std::vector<furl::bench::loop> loops{
                                    {"arena", [w](std::size_t calls) { w->arena(calls); }},
                                    {"scattered", [w](std::size_t calls) { w->scattered(calls); }}};
                                if (threads > 1) {
                                    const auto pool = std::make_shared<furl::thread_pool>(threads);
                                    using furl::bench::on_threads;
                                    loops.push_back(on_threads(threads, "arena", [w, pool](std::size_t calls) { w->arena(calls, *pool); }));
                                    loops.push_back(on_threads(threads, "scattered", [w, pool](std::size_t calls) { w->scattered(calls, *pool); }));
                                    loops.push_back(on_threads(threads, "memory", [w, pool](std::size_t calls) { w->memory(calls, *pool); }));
                                }
                                for (auto [name, step] : {std::pair{"hand", &bench::hand_adamw},
                                                          std::pair{"pytorch", &bench::pytorch_adamw},
#if defined(BENCH_DEEPSPEED)
                                                          std::pair{"deepspeed", &bench::deepspeed_adamw},
#endif
                                                          std::pair{"ggml", &bench::ggml_adamw}})
                                    loops.push_back({name, [w, step](std::size_t calls) { w->each(step, calls); }});
                                loops.push_back({"memory", [w](std::size_t calls) { w->memory(calls); }});
                                loops.push_back({"memory, scattered", [w](std::size_t calls) { w->scattered_memory(calls); }});
                                return loops;
                            }});
    });

}  // namespace
