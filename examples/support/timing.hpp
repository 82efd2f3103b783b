#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace examples {

/// Seconds since it was made.
class stopwatch {
  public:
    double seconds() const { return std::chrono::duration<double>(clock::now() - start_).count(); }

  private:
    using clock = std::chrono::steady_clock;
    clock::time_point start_ = clock::now();
};

/// Seconds that this thread has computed: a busy machine makes it wait, and waiting does not count.
inline double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The middle of the values, and how far they reach.
struct spread {
    double low, median, high;
};

/// The middle of the values, and of each half.
inline spread quartiles(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&](std::size_t quarter) { return values[(values.size() - 1) * quarter / 4]; };
    return {at(1), at(2), at(3)};
}

/// The middle of the values, the smallest and the largest.
inline spread extremes(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {values.front(), values[(values.size() - 1) / 2], values.back()};
}

/// What two functions cost, side by side.
struct comparison {
    spread first, second;  ///< nanoseconds of the processor a call
    double ratio;          ///< second / first: the median of the ratios within each round
};

/// Times two functions in turns, so that a bad moment of the machine hits both.
template <class F, class G>
comparison compare(std::size_t rounds, F&& f, G&& g) {
    const auto nanoseconds = [](auto&& call, std::size_t calls) {
        const double start = processor_seconds();
        for (std::size_t i = 0; i < calls; ++i) call();
        return 1e9 * (processor_seconds() - start) / static_cast<double>(calls);
    };
    f(), g();  // the first calls touch new memory
    // Samples of two milliseconds: far above the clock's resolution, mostly below a time slice.
    const auto calls = [&](auto&& call) { return static_cast<std::size_t>(std::max(1.0, 2e6 / nanoseconds(call, 1))); };
    const std::size_t calls_f = calls(f), calls_g = calls(g);
    std::vector<double> first, second, ratio;
    for (std::size_t round = 0; round < rounds; ++round) {
        first.push_back(nanoseconds(f, calls_f));
        second.push_back(nanoseconds(g, calls_g));
        ratio.push_back(second.back() / first.back());
    }
    return {quartiles(first), quartiles(second), quartiles(ratio).median};
}

}  // namespace examples
