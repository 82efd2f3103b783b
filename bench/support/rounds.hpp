// Interleaved timing: a round runs every kernel once, in random order, so that what disturbs the machine for a while
// disturbs all of them, and the ratios within a round stay good.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace bench {

struct kernel {
    std::string name;
    std::function<void(std::size_t)> run;  // that many calls, so that the call of a std::function is not measured
};

struct sample {
    double nanoseconds = 0;  // per call
    bool disturbed = false;
};

namespace detail {

inline double thread_nanoseconds() {
    std::timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

inline long preemptions() {
    ::rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
}

}  // namespace detail

/// Time of `calls` calls, by the clock on the wall; if the thread was preempted four times in a row, by its CPU time.
inline sample measure(const kernel& k, std::size_t calls) {
    using clock = std::chrono::steady_clock;
    sample result;
    for (int attempt = 0; attempt < 4; ++attempt) {
        const auto preempted = detail::preemptions();
        const auto cpu = detail::thread_nanoseconds();
        const auto start = clock::now();
        k.run(calls);
        const auto wall = std::chrono::duration<double, std::nano>(clock::now() - start).count();
        const auto on_cpu = detail::thread_nanoseconds() - cpu;
        result.disturbed = detail::preemptions() != preempted;
        result.nanoseconds = (result.disturbed ? on_cpu : wall) / static_cast<double>(calls);
        if (!result.disturbed) break;
    }
    return result;
}

/// samples[kernel][round]
inline std::vector<std::vector<sample>> run_rounds(const std::vector<kernel>& kernels, std::size_t rounds,
                                                   double sample_nanoseconds,
                                                   const std::function<void(std::size_t)>& progress) {
    std::vector<std::size_t> calls;
    for (const auto& k : kernels) {  // how many calls fill a sample; this also warms up
        std::size_t count = 1;
        while (true) {
            const auto total = measure(k, count).nanoseconds * static_cast<double>(count);
            if (total >= sample_nanoseconds / 2) {
                count = static_cast<std::size_t>(static_cast<double>(count) * sample_nanoseconds / total) + 1;
                break;
            }
            count *= 2;
        }
        calls.push_back(count);
    }
    std::vector<std::vector<sample>> samples(kernels.size());
    std::vector<std::size_t> order(kernels.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937 random{20240229};
    for (std::size_t round = 0; round < rounds; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        for (const auto i : order) {
            if (calls[i] > 1) kernels[i].run(1);  // its own data back into the caches
            samples[i].push_back(measure(kernels[i], calls[i]));
        }
        progress(round + 1);
    }
    return samples;
}

}  // namespace bench
