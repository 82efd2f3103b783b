#pragma once

#include <furl/base/build.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

/// Interleaved timing: a round runs each loop once, in random order. A temporary disturbance of the machine then slows all
/// loops down, and the ratios within a round stay valid.
namespace FURL_NAMESPACE::bench {

/// A loop to compare with others.
struct loop {
    std::string name;
    std::function<void(std::size_t)> run;  ///< makes that many calls, so that the overhead of std::function is not measured
    std::function<void()> renew = {};      ///< runs before each sample, if set
    bool parallel = false;                 ///< whether it runs on several threads, so that only the wall clock can time it
};

struct sample {
    std::size_t round = 0;
    double nanoseconds = 0;  ///< per call
    bool disturbed = false;  ///< whether the thread was preempted in all four attempts
};

/// The length of the measurement.
struct effort {
    double sample_nanoseconds = 2e6;  ///< the least length of a sample
    double nanoseconds = 1e9;         ///< the approximate total of all samples of all loops
    std::size_t rounds = 0;           ///< the exact number of rounds; 0: as many as the time allows
    std::size_t least = 6, most = 51; ///< the least and the largest number of rounds that a loop is in
    /// The number of samples that a loop takes in a round, of which the shortest counts. It takes eight times as many in the
    /// first round, and up to as many while the shortest is 5 % above the loop's shortest sample of earlier rounds: a
    /// disturbance ends, but a slow loop stays slow.
    std::size_t best_of = 1;
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

/// Measures the time of a call over `calls` calls, by the wall clock. If the thread is preempted four times in a row, it
/// uses the thread's CPU time instead, unless the loop is parallel.
inline sample measure(const loop& l, std::size_t calls) {
    using clock = std::chrono::steady_clock;
    sample result;
    for (int attempt = 0; attempt < 4; ++attempt) {
        const auto preempted = detail::preemptions();
        const auto cpu = detail::thread_nanoseconds();
        const auto start = clock::now();
        l.run(calls);
        const auto wall = std::chrono::duration<double, std::nano>(clock::now() - start).count();
        const auto on_cpu = detail::thread_nanoseconds() - cpu;
        result.disturbed = detail::preemptions() != preempted;
        result.nanoseconds = (result.disturbed && !l.parallel ? on_cpu : wall) / static_cast<double>(calls);
        if (!result.disturbed) break;
    }
    return result;
}

/// Returns the samples of each loop: result[loop]. A loop that is much slower than the others takes part only in every
/// second, fourth, eighth... round.
inline std::vector<std::vector<sample>> run_rounds(const std::vector<loop>& loops, const effort& e,
                                                   const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<std::size_t> calls, every;
    for (const auto& l : loops) {  // find how many calls fill a sample, which also warms up
        std::size_t count = 1;
        double total = 0;
        while ((total = measure(l, count).nanoseconds * static_cast<double>(count)) < e.sample_nanoseconds / 2) count *= 2;
        if (total < e.sample_nanoseconds)
            count = static_cast<std::size_t>(static_cast<double>(count) * e.sample_nanoseconds / total) + 1;
        calls.push_back(count);
        const auto share = e.nanoseconds / static_cast<double>(loops.size()) / std::max(total, e.sample_nanoseconds);
        every.push_back(e.rounds != 0 ? e.rounds : std::clamp(static_cast<std::size_t>(share), e.least, e.most));
    }
    const auto rounds = loops.empty() ? 0 : *std::max_element(every.begin(), every.end());
    for (auto& x : every) x = std::bit_floor(rounds / x);  // the rounds of each become the distance between them
    std::vector<std::vector<sample>> samples(loops.size());
    std::vector<std::size_t> order(loops.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937 random{20240229};
    std::vector<double> shortest(loops.size());
    for (std::size_t round = 0; round < rounds; ++round) {
        progress(round, rounds);
        std::shuffle(order.begin(), order.end(), random);
        for (const auto i : order) {
            if (round % every[i] != 0) continue;
            if (loops[i].renew) loops[i].renew();
            if (calls[i] > 1 || loops[i].renew) loops[i].run(1);  // brings its data back into the caches
            auto best = measure(loops[i], calls[i]);
            if (e.best_of > 1) {
                for (std::size_t k = 1; k < e.best_of || (k < 8 * e.best_of && best.nanoseconds > 1.05 * shortest[i]); ++k)
                    if (const auto again = measure(loops[i], calls[i]); again.nanoseconds < best.nanoseconds) best = again;
                if (round == 0 || best.nanoseconds < shortest[i]) shortest[i] = best.nanoseconds;
            }
            best.round = round;
            samples[i].push_back(best);
        }
    }
    progress(rounds, rounds);
    return samples;
}

/// The first quartile, the median and the third quartile.
struct quartiles {
    double low = 0, median = 0, high = 0;

    explicit quartiles(std::vector<double> values) {
        if (values.empty()) return;
        std::sort(values.begin(), values.end());
        const auto at = [&](double share) {
            const auto place = share * static_cast<double>(values.size() - 1);
            const auto below = static_cast<std::size_t>(place);
            const auto above = std::min(below + 1, values.size() - 1);
            return std::lerp(values[below], values[above], place - std::floor(place));
        };
        low = at(0.25);
        median = at(0.5);
        high = at(0.75);
    }

    /// Returns half the distance between the quartiles, as a fraction of the median.
    double spread() const { return median > 0 ? (high - low) / 2 / median : 0; }
};

inline quartiles times(const std::vector<sample>& samples) {
    std::vector<double> values;
    for (const auto& s : samples) values.push_back(s.nanoseconds);
    return quartiles(values);
}

/// Returns the quartiles of the time ratios, over the rounds that both loops took part in.
inline quartiles ratios(const std::vector<sample>& above, const std::vector<sample>& below) {
    std::vector<double> values;
    auto b = below.begin();
    for (const auto& a : above) {
        while (b != below.end() && b->round < a.round) ++b;
        if (b != below.end() && b->round == a.round) values.push_back(a.nanoseconds / b->nanoseconds);
    }
    return quartiles(values);
}

}  // namespace furl::bench
