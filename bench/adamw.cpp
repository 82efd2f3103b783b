// AdamW in one tensor: fused by furl, against a loop by hand, naive, textbook code, loops after the algorithms of other
// projects, and what memory and divider allow.
#include "peers/peers.hpp"
#include "support/loops.hpp"

#include <furl/bench/rule.hpp>
#include <furl/bench/run.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adamw.hpp>

#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using rule = furl::zoo::adamw;
using plan = furl::plan<rule, furl::contracted>;

struct by_hand {
    const char* name;
    void (*step)(const bench::streams&, const bench::adamw_hyper&, std::size_t);
};

constexpr by_hand loops_by_hand[] = {
    {"hand", bench::hand_adamw},
    {"textbook", bench::textbook_adamw},
    {"pytorch", bench::pytorch_adamw},
#if defined(BENCH_DEEPSPEED)
    {"deepspeed", bench::deepspeed_adamw},
#endif
    {"ggml", bench::ggml_adamw},
#if defined(BENCH_LLMC)
    {"llm.c", bench::llmc_adamw},
#endif
#if defined(BENCH_EIGEN)
    {"eigen", bench::eigen_adamw},
#endif
};

// All loops but naive run on the very same arrays.
class workload {
  public:
    explicit workload(std::size_t n)
        : fused_(n),
          naive_(n),
          m_(fused_.state("m").data()),
          v_(fused_.state("v").data()),
          param_(n, furl::bench::distant_offset<float>({m_, v_})),
          grad_(n, furl::bench::distant_offset<float>({m_, v_, param_.values().data()})),
          n_(n) {
        furl::bench::fill(param_.values(), 1);
        furl::bench::fill(grad_.values(), 2);
    }

    template <class... Pool>
    void fused(std::size_t calls, Pool&... pool) {
        steps(fused_, calls, pool...);
    }
    void naive(std::size_t calls) { steps(naive_, calls); }
    void run(const by_hand& loop, std::size_t calls) {
        for (; calls > 0; --calls) loop.step(streams(), hyper_, ++step_);
    }
    template <class... Pool>
    void memory(std::size_t calls, Pool&... pool) {
        using limit = furl::bench::memory_limit<plan, float>;
        limit::repeat(calls, {param_.values().data(), grad_.values().data(), m_, v_}, n_, pool...);
    }
    void divider(std::size_t calls) {
        for (; calls > 0; --calls) furl::bench::keep(furl::bench::divider_limit<float, 1, 1>(n_));
    }

  private:
    furl::optimizer<rule> fused_;
    furl::naive<rule> naive_;
    float* m_;
    float* v_;
    furl::bench::placed_stream<float> param_;
    furl::bench::placed_stream<float> grad_;
    bench::adamw_hyper hyper_;
    std::size_t step_ = 0;
    std::size_t n_;

    bench::streams streams() { return {param_.values().data(), grad_.values().data(), m_, v_, n_}; }

    template <class Optimizer, class... Pool>
    void steps(Optimizer& opt, std::size_t calls, Pool&... pool) {
        const auto param = param_.values();
        const auto grad = std::span<const float>(grad_.values());
        for (; calls > 0; --calls) opt.step(pool..., param, grad);
    }
};

std::vector<furl::bench::loop> prepare(std::size_t n, std::size_t threads) {
    const auto w = std::make_shared<workload>(n);
    std::vector<furl::bench::loop> loops{{"fused", [w](std::size_t calls) { w->fused(calls); }},
                                         {"naive", [w](std::size_t calls) { w->naive(calls); }}};
    if (threads > 1) {
        const auto pool = std::make_shared<furl::thread_pool>(threads);
        using furl::bench::on_threads;
        loops.push_back(on_threads(threads, "fused", [w, pool](std::size_t calls) { w->fused(calls, *pool); }));
        loops.push_back(on_threads(threads, "memory", [w, pool](std::size_t calls) { w->memory(calls, *pool); }));
    }
    for (const auto& loop : loops_by_hand)
        loops.push_back({loop.name, [w, &loop](std::size_t calls) { w->run(loop, calls); }});
    loops.push_back({"memory", [w](std::size_t calls) { w->memory(calls); }});
    loops.push_back({"divider", [w](std::size_t calls) { w->divider(calls); }});
    return loops;
}

// Each loop is an oracle for the others. 1003 values: the tails run too.
void check_agreement() {
    constexpr std::size_t n = 1003, steps = 5;
    std::vector<float> start(n), grad(n);
    furl::bench::fill(std::span(start), 1);
    furl::bench::fill(std::span(grad), 2);

    const auto run = [&](auto step) {
        std::vector<float> param = start, m(n), v(n);
        for (std::size_t t = 1; t <= steps; ++t) step(bench::streams{param.data(), grad.data(), m.data(), v.data(), n}, t);
        return param;
    };
    const bench::adamw_hyper hyper;
    const auto expected = run([&](const bench::streams& s, std::size_t t) { bench::textbook_adamw(s, hyper, t); });
    const auto require = [&](const std::string& name, const std::vector<float>& param) {
        for (std::size_t i = 0; i < n; ++i)
            if (!(std::abs(param[i] - expected[i]) <= 2e-6f))
                throw std::runtime_error(name + " and textbook disagree at parameter " + std::to_string(i) + ": " +
                                         std::to_string(param[i]) + " and " + std::to_string(expected[i]));
    };
    furl::optimizer<rule> fused(n);
    furl::naive<rule> naive(n);
    require("fused", run([&](const bench::streams& s, std::size_t) { fused.step(std::span(s.param, n), grad); }));
    require("naive", run([&](const bench::streams& s, std::size_t) { naive.step(std::span(s.param, n), grad); }));
    for (const auto& loop : loops_by_hand)
        require(loop.name, run([&](const bench::streams& s, std::size_t t) { loop.step(s, hyper, t); }));
}

}  // namespace

int main(int argc, char** argv) try {
    check_agreement();
    return furl::bench::run(argc, argv, {[](const furl::bench::settings& s, std::vector<furl::bench::job>& jobs) {
                                for (auto n : s.sizes)
                                    jobs.push_back({"adamw", n, furl::bench::rule_loops<rule>::bytes_per_parameter,
                                                    [n, threads = s.threads] { return prepare(n, threads); }});
                            }});
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
}
