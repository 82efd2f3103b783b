// AdamW fused by furl, against a loop by hand, naive, textbook code, and what memory and divider allow.
//
//   adamw [--sizes=1000,1000000] [--rounds=N] [--sample_ms=X] [Google Benchmark's own flags]
//
// Every size is measured in interleaved rounds (support/rounds.hpp); Google Benchmark's rows then report them:
// repetition r of every row of one size is round r, so ratios are taken within a round. bench/report.py does that.
#include "support/loops.hpp"
#include "support/placement.hpp"
#include "support/rounds.hpp"

#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <benchmark/benchmark.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using fused_adamw = furl::optimizer<furl::zoo::adamw>;
using naive_adamw = furl::naive<furl::zoo::adamw>;

constexpr double bytes_per_parameter = static_cast<double>(furl::cost<furl::zoo::adamw>.bytes_per_parameter);

struct settings {
    std::vector<std::size_t> sizes{0, 1, 16, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
    std::size_t rounds = 0;  // 0: by size
    double sample_ms = 2;
};

// What stands in every row of the output, in this order.
constexpr const char* kernel_names[] = {"fused", "hand", "naive", "textbook", "memory", "divider"};

std::size_t rounds_of(const settings& s, std::size_t n) {
    if (s.rounds != 0) return s.rounds;
    return n >= 100'000'000 ? 15 : n >= 10'000'000 ? 25 : 51;
}

// No gradient is near zero: decayed moments must not become denormals, which are a benchmark of their own.
void fill(std::span<float> param, std::span<float> grad) {
    std::mt19937 random{12345};
    std::uniform_real_distribution<float> magnitude{0.01f, 1.0f};
    for (auto& w : param) w = magnitude(random) - 0.5f;
    for (auto& g : grad) g = (random() & 1u) != 0 ? magnitude(random) : -magnitude(random);
}

bench::adamw_hyper hyper_of(fused_adamw& opt) {
    return {opt.get("lr"), opt.get("beta1"), opt.get("beta2"), opt.get("eps"), opt.get("weight_decay")};
}

// Everything that one size needs. The fused loop, the loops by hand and the limits run on the very same arrays:
// param and grad lie where they disturb furl's states, and each other, least. Only naive has states of its own.
class workload {
  public:
    explicit workload(std::size_t n)
        : fused_(n),
          naive_(n),
          m_(fused_.state("m").data()),
          v_(fused_.state("v").data()),
          param_(n, bench::distant_offset({m_, v_})),
          grad_(n, bench::distant_offset({m_, v_, param_.values().data()})),
          n_(n) {
        fill(param_.values(), grad_.values());
    }

    void fused(std::size_t calls) {
        const auto param = param_.values();
        const auto grad = std::span<const float>(grad_.values());
        for (; calls > 0; --calls) fused_.step(param, grad);
    }
    void naive(std::size_t calls) {
        const auto param = param_.values();
        const auto grad = std::span<const float>(grad_.values());
        for (; calls > 0; --calls) naive_.step(param, grad);
    }
    void hand(std::size_t calls) {
        for (; calls > 0; --calls) bench::hand_adamw(streams(), hyper_, ++step_);
    }
    void textbook(std::size_t calls) {
        for (; calls > 0; --calls) bench::textbook_adamw(streams(), hyper_, ++step_);
    }
    void memory(std::size_t calls) {
        for (; calls > 0; --calls) bench::read_modify_write(streams());
    }
    void divider(std::size_t calls) {
        for (; calls > 0; --calls) benchmark::DoNotOptimize(bench::square_roots_and_divisions(n_));
    }

    std::vector<bench::kernel> kernels() {
        using method = void (workload::*)(std::size_t);
        constexpr method methods[] = {&workload::fused,    &workload::hand,   &workload::naive,
                                      &workload::textbook, &workload::memory, &workload::divider};
        std::vector<bench::kernel> all;
        for (std::size_t i = 0; i < std::size(methods); ++i)
            all.push_back({kernel_names[i], [this, run = methods[i]](std::size_t calls) { (this->*run)(calls); }});
        return all;
    }

  private:
    bench::streams streams() { return {param_.values().data(), grad_.values().data(), m_, v_, n_}; }

    fused_adamw fused_;
    naive_adamw naive_;
    float* m_;
    float* v_;
    bench::placed_stream param_;
    bench::placed_stream grad_;
    bench::adamw_hyper hyper_ = hyper_of(fused_);
    std::size_t step_ = 0;
    std::size_t n_;
};

// Each loop is an oracle for the others. 1003 values: the tails run too.
void check_agreement() {
    constexpr std::size_t n = 1003;
    std::vector<float> start(n), grad(n);
    fill(start, grad);

    struct run {
        std::vector<float> param, m, v;
    };
    std::map<std::string, run> runs;
    fused_adamw fused(n);
    naive_adamw naive(n);
    const auto hyper = hyper_of(fused);
    for (const auto* name : {"fused", "naive", "hand", "textbook"})
        runs[name] = {start, std::vector<float>(n), std::vector<float>(n)};
    for (std::size_t step = 1; step <= 5; ++step) {
        const auto streams = [&](run& r) {
            return bench::streams{r.param.data(), grad.data(), r.m.data(), r.v.data(), n};
        };
        fused.step(runs["fused"].param, grad);
        naive.step(runs["naive"].param, grad);
        bench::hand_adamw(streams(runs["hand"]), hyper, step);
        bench::textbook_adamw(streams(runs["textbook"]), hyper, step);
    }
    for (const auto& [name, r] : runs)
        for (std::size_t i = 0; i < n; ++i)
            if (!(std::abs(r.param[i] - runs["textbook"].param[i]) <= 1e-6f))
                throw std::runtime_error(name + " and textbook disagree at parameter " + std::to_string(i) + ": " +
                                         std::to_string(r.param[i]) + " and " +
                                         std::to_string(runs["textbook"].param[i]));
}

// The samples of one size, measured when the first row of that size is asked for. One size is kept at a time.
const std::vector<std::vector<bench::sample>>& samples_of(std::size_t n, const settings& s) {
    static std::map<std::size_t, std::vector<std::vector<bench::sample>>> measured;
    if (const auto found = measured.find(n); found != measured.end()) return found->second;
    const auto rounds = rounds_of(s, n);
    auto workload = std::make_unique<::workload>(n);
    const auto kernels = workload->kernels();
    const auto terminal = ::isatty(STDERR_FILENO) != 0;
    const auto progress = [&](std::size_t done) {
        if (terminal || done == rounds)
            std::fprintf(stderr, "%s%11zu parameters: round %zu of %zu", terminal ? "\r" : "", n, done, rounds);
    };
    progress(0);
    auto& result = measured[n] = bench::run_rounds(kernels, rounds, s.sample_ms * 1e6, progress);
    std::fputc('\n', stderr);
    return result;
}

void report(benchmark::State& state, std::size_t kernel, std::size_t n, const settings& s) {
    static std::map<std::pair<std::size_t, std::size_t>, std::size_t> repetition;

    const auto& samples = samples_of(n, s);
    const auto round = repetition[{kernel, n}]++ % samples[kernel].size();
    const auto& sample = samples[kernel][round];
    for (auto _ : state) state.SetIterationTime(sample.nanoseconds * 1e-9);

    state.counters["disturbed"] = sample.disturbed ? 1 : 0;
    if (n == 0) return;
    const auto per_parameter = sample.nanoseconds / static_cast<double>(n);
    state.counters["ns/parameter"] = per_parameter;
    state.counters["bytes/parameter"] = bytes_per_parameter;
    state.counters["GB/s"] = bytes_per_parameter / per_parameter;
    const auto memory = std::find(std::begin(kernel_names), std::end(kernel_names), std::string_view("memory")) -
                        std::begin(kernel_names);
    state.counters["share of memory limit"] =
        samples[static_cast<std::size_t>(memory)][round].nanoseconds / sample.nanoseconds;
}

// Takes our own flags out of argv, leaves Google Benchmark's.
settings parse(int& argc, char** argv) {
    settings s;
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        const std::string_view flag = argv[i];
        const auto value = [&](std::string_view name) -> const char* {
            return flag.starts_with(name) ? argv[i] + name.size() : nullptr;
        };
        if (const auto* list = value("--sizes=")) {
            s.sizes.clear();
            for (char* end = nullptr; *list != '\0'; list = *end == ',' ? end + 1 : end) {
                s.sizes.push_back(static_cast<std::size_t>(std::strtod(list, &end)));  // 1e6 is a size, too
                if (end == list) throw std::invalid_argument("--sizes: a list of numbers, such as 1000,1e6");
            }
        } else if (const auto* rounds = value("--rounds=")) {
            s.rounds = std::strtoul(rounds, nullptr, 10);
        } else if (const auto* sample = value("--sample_ms=")) {
            s.sample_ms = std::strtod(sample, nullptr);
        } else {
            argv[kept++] = argv[i];
        }
    }
    argc = kept;
    return s;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto s = parse(argc, argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    check_agreement();
    for (const auto n : s.sizes)
        for (std::size_t kernel = 0; kernel < std::size(kernel_names); ++kernel)
            benchmark::RegisterBenchmark(
                ("adamw/" + std::string(kernel_names[kernel]) + "/" + std::to_string(n)).c_str(),
                [&s, kernel, n](benchmark::State& state) { report(state, kernel, n, s); })
                ->Iterations(1)
                ->Repetitions(static_cast<int>(rounds_of(s, n)))
                ->UseManualTime();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "adamw: %s\n", e.what());
    return 1;
}
