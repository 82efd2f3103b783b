#pragma once

#include <furl/bench/rule.hpp>
#include <furl/bench/run.hpp>

#define FURL_BENCHMARK_JOIN_(a, b) a##b
#define FURL_BENCHMARK_JOIN(a, b) FURL_BENCHMARK_JOIN_(a, b)

/// Measures the fused loop of a rule against the naive loops (one per operation), a scalar loop, and the limits of this
/// machine for the same memory, square roots and divisions. Write `FURL_BENCHMARK(my_rule);` or
/// `FURL_BENCHMARK(my_rule, double);` at namespace scope.
///
/// It needs Google Benchmark. End the program with FURL_BENCHMARK_MAIN(); it prints a Markdown table.
#define FURL_BENCHMARK(Rule, ...)                                                                                   \
    [[maybe_unused]] static const bool FURL_BENCHMARK_JOIN(furl_benchmark_, __LINE__) =                             \
        furl::bench::add_to_registered([](const furl::bench::settings& s, std::vector<furl::bench::job>& jobs) {    \
            furl::bench::add_rule<Rule __VA_OPT__(, ) __VA_ARGS__>(#Rule __VA_OPT__(", " #__VA_ARGS__), s, jobs);   \
        })

#define FURL_BENCHMARK_MAIN()                                                              \
    int main(int argc, char** argv) {                                                      \
        return furl::bench::run(argc, argv, furl::bench::registered());                    \
    }                                                                                      \
    static_assert(true, "takes a semicolon")
