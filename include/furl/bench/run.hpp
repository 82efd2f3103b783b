#pragma once

#include <furl/bench/job.hpp>
#include <furl/bench/table.hpp>

#include <benchmark/benchmark.h>

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace FURL_NAMESPACE::bench {

namespace detail {

// Reports an outcome as rows of Google Benchmark. Repetition r of a loop is its r-th sample, and samples of other loops can
// be compared with it if their counter "round" is equal.
inline void report(const outcome& x) {
    for (std::size_t l = 0; l < x.loops.size(); ++l) {
        const auto repetitions = static_cast<int>(x.samples[l].size());
        if (repetitions == 0) continue;
        const auto name = x.name + "/" + x.loops[l] + "/" + std::to_string(x.parameters);
        auto next = std::make_shared<std::size_t>(0);
        benchmark::RegisterBenchmark(name.c_str(), [samples = x.samples[l], bytes = x.bytes_per_parameter,
                                                    n = x.parameters, next](benchmark::State& state) {
            const auto& s = samples[(*next)++ % samples.size()];
            for (auto _ : state) state.SetIterationTime(s.nanoseconds * 1e-9);
            state.counters["round"] = static_cast<double>(s.round);
            state.counters["disturbed"] = s.disturbed ? 1 : 0;
            state.counters["bytes/parameter"] = bytes;
            if (n > 0) state.counters["ns/parameter"] = s.nanoseconds / static_cast<double>(n);
        })->Iterations(1)->Repetitions(repetitions)->UseManualTime();
    }
}

// furl prints the table; Google Benchmark only writes the file.
class silent_reporter : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>&) override {}
};

inline std::vector<job> chosen(std::vector<job> all, const std::vector<std::string>& only) {
    if (only.empty()) return all;
    std::vector<job> result;
    for (const auto& name : only) {
        bool known = false;
        for (const auto& j : all)
            if (j.name == name) result.push_back(j), known = true;
        if (known) continue;
        std::string names;
        for (const auto& j : all)
            if ((", " + names + ", ").find(", " + j.name + ", ") == std::string::npos)
                names += (names.empty() ? "" : ", ") + j.name;
        throw std::invalid_argument("--only: no job '" + name + "'; there are: " + names);
    }
    return result;
}

}  // namespace detail

/// The main function of a benchmark. It measures the jobs one after another, prints a Markdown table as it goes and progress
/// on stderr, and writes JSON to the file of --benchmark_out. Returns the exit code.
inline int run(int argc, char** argv, const std::vector<job_maker>& makers, const settings& defaults = {}) try {
    for (int i = 1; i < argc; ++i)
        if (std::string_view(argv[i]) == "--help" || std::string_view(argv[i]) == "-h") {
            std::printf("usage: %s [flags]\n\n%s", argv[0], settings::usage);
            return 0;
        }
    const auto s = take_flags(argc, argv, defaults);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;

    std::vector<job> jobs;
    for (const auto& make : makers) make(s, jobs);
    // Sort the jobs by name, since the order of registration is arbitrary.
    std::multimap<std::string, job> by_name;
    for (auto& one : jobs) by_name.emplace(one.name, std::move(one));
    jobs.clear();
    for (auto& [name, one] : by_name) jobs.push_back(std::move(one));
    jobs = detail::chosen(std::move(jobs), s.only);
    if (s.list) {
        for (std::size_t i = 0; i < jobs.size(); ++i)
            if (i == 0 || jobs[i].name != jobs[i - 1].name) std::printf("%s\n", jobs[i].name.c_str());
        return 0;
    }
    const bool terminal = ::isatty(STDERR_FILENO) != 0;
    table results(stdout);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const auto& j = jobs[i];
        outcome x{j.name, j.parameters, j.bytes_per_parameter, {}, {}};
        const auto show = [&](std::size_t done, std::size_t rounds) {
            if (terminal)
                std::fprintf(stderr, "\r\033[K%zu of %zu: %s, %s parameters, round %zu of %zu%s", i + 1, jobs.size(),
                             j.name.c_str(), table::size(j.parameters).c_str(), done, rounds, done == rounds ? "\r\033[K" : "");
            else if (done == rounds)
                std::fprintf(stderr, "%zu of %zu: %s, %s parameters, %zu rounds\n", i + 1, jobs.size(), j.name.c_str(),
                             table::size(j.parameters).c_str(), rounds);
        };
        {
            const auto loops = j.prepare();
            for (const auto& l : loops) x.loops.push_back(l.name);
            auto time = s.time;
            if (time.rounds == 0) time.rounds = j.rounds;
            time.best_of = j.best_of;
            x.samples = run_rounds(loops, time, show);
        }
        results.add(x);
        detail::report(x);
    }
    detail::silent_reporter silent;
    benchmark::RunSpecifiedBenchmarks(&silent);
    benchmark::Shutdown();
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
}

}  // namespace furl::bench
