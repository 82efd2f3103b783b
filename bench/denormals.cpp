// Rows whose gradients have been zero for thousands of steps, as those of words that do not occur: their first moments
// have decayed to the least denormal, and stay there (0.9 times it rounds to it). A share of the rows, in AdamW.
#include "peers/peers.hpp"

#include <furl/bench/data.hpp>
#include <furl/bench/job.hpp>
#include <furl/bench/placement.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace {

using rule = furl::zoo::adamw;
using flushing = furl::optimizer<rule>;
using keeping = furl::optimizer<rule, float, furl::keep_denormals>;

constexpr std::size_t row = 256;
constexpr std::size_t percents[] = {0, 10, 50, 100};

// One share of rows: its gradients, and the moments of each loop.
struct share {
    share(std::size_t n, std::size_t percent)
        : furl_flushes(n), furl_keeps(n), param(n, 0), grad(n, 1024), pytorch_m(n, 2048), pytorch_v(n, 3072) {
        furl::bench::fill(param.values(), 1);
        furl::bench::fill(grad.values(), 2);
        for (const auto moments : {furl_flushes.state("m"), furl_keeps.state("m"), pytorch_m.values()})
            start(moments, 0.1f, std::numeric_limits<float>::denorm_min() * 4, percent);
        for (const auto moments : {furl_flushes.state("v"), furl_keeps.state("v"), pytorch_v.values()})
            start(moments, 0.1f, 1e-12f, percent);
        start(grad.values(), 0.1f, 0.0f, percent);
        furl_flushes.set_step_count(10'000);
        furl_keeps.set_step_count(10'000);
    }

    // Rows in use, and rows that are not, spread evenly.
    static void start(std::span<float> x, float used, float unused, std::size_t percent) {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = i / row * 37 % 100 < percent ? unused : used;
    }

    flushing furl_flushes;
    keeping furl_keeps;
    furl::bench::placed_stream<float> param, grad, pytorch_m, pytorch_v;
    bench::adamw_hyper hyper;
    std::size_t step = 10'000;

    template <class Optimizer>
    void steps(Optimizer& opt, std::size_t calls) {
        for (; calls > 0; --calls) opt.step(param.values(), std::span<const float>(grad.values()));
    }
    void pytorch(std::size_t calls) {
        for (; calls > 0; --calls)
            bench::pytorch_adamw({param.values().data(), grad.values().data(), pytorch_m.values().data(),
                                  pytorch_v.values().data(), param.values().size()},
                                 hyper, ++step);
    }
};

std::vector<furl::bench::loop> prepare(std::size_t n) {
    std::vector<furl::bench::loop> furl_loops, keeping_loops, pytorch_loops;
    for (auto percent : percents) {
        const auto s = std::make_shared<share>(n, percent);
        const auto at = " " + std::to_string(percent) + " %";
        furl_loops.push_back({"furl" + at, [s](std::size_t calls) { s->steps(s->furl_flushes, calls); }});
        keeping_loops.push_back({"keep_denormals" + at, [s](std::size_t calls) { s->steps(s->furl_keeps, calls); }});
        pytorch_loops.push_back({"pytorch" + at, [s](std::size_t calls) { s->pytorch(calls); }});
    }
    auto all = furl_loops;
    all.insert(all.end(), keeping_loops.begin(), keeping_loops.end());
    all.insert(all.end(), pytorch_loops.begin(), pytorch_loops.end());
    return all;
}

const bool registered = furl::bench::add_to_registered(
    [](const furl::bench::settings&, std::vector<furl::bench::job>& jobs) {
        for (std::size_t n : {100'000, 10'000'000})
            jobs.push_back({"denormals", n, furl::cost<rule>.bytes_per_parameter, [n] { return prepare(n); }});
    });

}  // namespace
