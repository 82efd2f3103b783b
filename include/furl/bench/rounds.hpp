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

/// Interleaved timing: a round runs each loop once, in random order, so that what disturbs the machine for a while
/// disturbs all of them, and the ratios within a round stay good.
namespace FURL_NAMESPACE::bench {

/// One of the loops that are compared.
struct loop {
    std::string name;
    std::function<void(std::size_t)> run;  ///< that many calls, so that the call of a std::function is not measured
    std::function<void()> renew = {};      ///< before each sample, if there is one
    bool parallel = false;                 ///< on several threads: only the clock on the wall knows its time
};

struct sample {
    std::size_t round = 0;
    double nanoseconds = 0;  ///< per call
    bool disturbed = false;  ///< the thread was preempted, four times in a row
};

/// How long to measure.
struct effort {
    double sample_nanoseconds = 2e6;  ///< the least length of a sample
    double nanoseconds = 1e9;         ///< of all samples of all loops, about
    std::size_t rounds = 0;           ///< exactly so many; 0: as the time allows
    std::size_t least = 6, most = 51; ///< rounds that a loop is in, at least, and at most
    /// Samples of a round, of which the shortest counts: where rounds are to differ. Eight times as many in the first round,
    /// and where it is 5 % over the shortest of the loop so far: a disturbance ends, what is slow by itself stays slow.
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

/// The time of a call, over `calls` calls: by the clock on the wall; if the thread was preempted four times in a row, by
/// its CPU time.
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

/// result[loop]: its samples. A loop that is much slower than the others is in each second, fourth, eighth... round only.
inline std::vector<std::vector<sample>> run_rounds(const std::vector<loop>& loops, const effort& e,
                                                   const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<std::size_t> calls, every;
    for (const auto& l : loops) {  // how many calls fill a sample; this also warms up
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
            if (calls[i] > 1 || loops[i].renew) loops[i].run(1);  // its own data back into the caches
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

    /// Half of the distance between the quartiles, as a share of the median.
    double spread() const { return median > 0 ? (high - low) / 2 / median : 0; }
};

inline quartiles times(const std::vector<sample>& samples) {
    std::vector<double> values;
    for (const auto& s : samples) values.push_back(s.nanoseconds);
    return quartiles(values);
}

/// Of the ratios within the rounds that both loops were in.
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
