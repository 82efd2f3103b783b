// Shows:  the benchmark of a rule of your own: one line. Compile it with furl and Google Benchmark, optimized:
//         g++ -std=c++20 -O2 -march=native my_rule.cpp -lbenchmark -lpthread
// Prints: a Markdown table; --help names the flags, --benchmark_out=FILE writes all samples as JSON.

// [all]
#include <furl/bench/benchmark.hpp>
#include <furl/furl.hpp>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(1e-3);
    static constexpr auto m  = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto update = furl::param - lr * m / (1 + abs(m));
};

FURL_BENCHMARK(my_rule);
FURL_BENCHMARK_MAIN();
// [all]
