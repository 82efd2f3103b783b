#include <furl/bench/job.hpp>
#include <furl/bench/limits.hpp>
#include <furl/bench/rounds.hpp>
#include <furl/bench/settings.hpp>
#include <furl/bench/table.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace furl;
using bench::loop;
using bench::sample;

TEST_CASE("quartiles of known numbers") {
    const bench::quartiles q({4, 1, 3, 2, 5});
    CHECK(q.low == 2);
    CHECK(q.median == 3);
    CHECK(q.high == 4);
    CHECK(q.spread() == doctest::Approx(1.0 / 3));
    CHECK(bench::quartiles({7}).median == 7);
    CHECK(bench::quartiles({1, 2}).median == 1.5);
}

TEST_CASE("a ratio is taken within a round, and only where both loops were") {
    const std::vector<sample> above{{0, 10}, {1, 40}, {2, 90}};
    const std::vector<sample> below{{0, 5}, {2, 30}};
    const auto q = bench::ratios(above, below);
    CHECK(q.low >= 2);
    CHECK(q.median == 2.5);
    CHECK(q.high <= 3);
}

TEST_CASE("each loop is in the rounds that its time allows, at least so many; all calls are made") {
    std::size_t fast_calls = 0, slow_calls = 0, renewals = 0;
    const std::vector<loop> loops{
        {"fast", [&](std::size_t calls) { for (; calls > 0; --calls) bench::keep(++fast_calls); }},
        {"slow", [&](std::size_t calls) { slow_calls += calls; std::this_thread::sleep_for(std::chrono::milliseconds(5)); },
         [&] { ++renewals; }}};
    bench::effort time;
    time.sample_nanoseconds = 1e4;
    time.nanoseconds = 4e7;
    std::size_t last = 0;
    const auto samples = bench::run_rounds(loops, time, [&](std::size_t done, std::size_t) { last = done; });
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].size() == time.most);
    CHECK(last == time.most);
    CHECK(samples[1].size() >= time.least);
    CHECK(samples[1].size() < samples[0].size());
    CHECK(renewals == samples[1].size());
    CHECK(fast_calls >= samples[0].size());
    CHECK(slow_calls >= samples[1].size());
    for (const auto& s : samples[1]) {
        CHECK(s.nanoseconds > 1e6);
        CHECK(std::any_of(samples[0].begin(), samples[0].end(), [&](const sample& f) { return f.round == s.round; }));
    }
}

TEST_CASE("exactly as many rounds as were asked for") {
    bench::effort time;
    time.sample_nanoseconds = 10;
    time.rounds = 7;
    const auto samples = bench::run_rounds({{"a", [](std::size_t) {}}}, time, [](std::size_t, std::size_t) {});
    CHECK(samples[0].size() == 7);
}

TEST_CASE("of the samples of a round the best counts") {
    std::size_t calls = 0;
    bench::effort time;
    time.sample_nanoseconds = 1e6;
    time.rounds = 4;
    time.best_of = 3;
    // Every third call is fast.
    const auto samples = bench::run_rounds(
        {{"a", [&](std::size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(++calls % 3 == 0 ? 2 : 20)); }}}, time,
        [](std::size_t, std::size_t) {});
    REQUIRE(samples[0].size() == 4);
    for (const auto& s : samples[0]) CHECK(s.nanoseconds < 15e6);
}

TEST_CASE("a slow round is measured up to eight times as often: a disturbance ends, what is slow stays so") {
    int round = 0, calls = 0;  // calls in the round; the first only warms up
    bench::effort time;
    time.sample_nanoseconds = 1e6;
    time.rounds = 3;
    time.best_of = 2;
    const auto samples = bench::run_rounds({{"a",
                                             [&](std::size_t) {
                                                 ++calls;
                                                 const bool slow = round == 3 || calls <= 7;
                                                 std::this_thread::sleep_for(std::chrono::milliseconds(slow ? 20 : 2));
                                             },
                                             [&] { ++round, calls = 0; }}},
                                           time, [](std::size_t, std::size_t) {});
    REQUIRE(samples[0].size() == 3);
    CHECK(samples[0][0].nanoseconds < 15e6);
    CHECK(samples[0][1].nanoseconds < 15e6);
    CHECK(samples[0][2].nanoseconds > 15e6);
    CHECK(calls == 1 + 2 * 8);
}

TEST_CASE("our flags are taken out of the command line, and the others stay") {
    std::string words[] = {"program", "--sizes=10,1e3", "--benchmark_out=x", "--only=a b,c", "--seconds=0.5", "--threads=0"};
    char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), words[5].data()};
    int argc = 6;
    const auto s = bench::take_flags(argc, argv);
    CHECK(s.sizes == std::vector<std::size_t>{10, 1000});
    CHECK(s.only == std::vector<std::string>{"a b", "c"});
    CHECK(s.time.nanoseconds == 5e8);
    CHECK(s.threads == 1);
    REQUIRE(argc == 2);
    CHECK(std::string(argv[1]) == "--benchmark_out=x");
}

TEST_CASE("what is no number is refused") {
    const auto refused = [](std::string word) {
        std::string program = "program";
        char* argv[] = {program.data(), word.data()};
        int argc = 2;
        std::string message;
        try {
            bench::take_flags(argc, argv);
        } catch (const std::invalid_argument& e) {
            message = e.what();
        }
        return message;
    };
    CHECK(refused("--sizes=10,many") == "--sizes: 'many' is no number");
    CHECK(refused("--sizes=inf") == "--sizes: 'inf' is no number");
    CHECK(refused("--sizes=1.5") == "--sizes: '1.5' is no whole number");
    CHECK(refused("--threads=2.5") == "--threads: '2.5' is no whole number");
    CHECK(refused("--seconds=") == "--seconds: '' is no number");
    CHECK(refused("--sizes=") == "--sizes: no number; write --sizes=1000,1e6");
    CHECK(refused("--sizes=1e3,1e8") == "");
}

TEST_CASE("the limit of a step is the slower of memory and divider") {
    const bench::outcome x{"rule", 1000, 28, {"fused", "memory", "divider"}, {{{0, 9}}, {{0, 5}}, {{0, 7}}}};
    CHECK(x.limit() == &x.samples[2]);
    CHECK(bench::table::size(1234567) == "1,234,567");
    CHECK(bench::table::size(100) == "100");
}

// What a limit touches, seen by the values that it leaves.
template <class Rule>
void check_memory_limit(std::size_t n) {
    using plan = furl::plan<Rule, contracted>;
    using limit = bench::memory_limit<plan, float>;
    std::vector<std::vector<float>> streams(plan::streams.size());
    typename limit::pointers pointers{};
    double sum_of_read_only = 0;
    for (std::size_t k = 0; k < streams.size(); ++k) {
        streams[k].assign(n + 1, static_cast<float>(k + 2));
        pointers[k] = streams[k].data();
        for (auto walk : plan::walks_over_memory) {
            const bool writes = walk + 1 == plan::order.walks && plan::streams[k].store >= 0;
            if (plan::walk_reads(walk, k) && !writes) sum_of_read_only += static_cast<double>(n * (k + 2));
        }
    }
    const auto before = streams;
    CHECK(limit::run(pointers, n) == doctest::Approx(sum_of_read_only));
    CHECK(streams == before);
}

TEST_CASE("the memory limit reads what the rule reads, in each of its walks, and keeps what it rewrites") {
    for (std::size_t n : {0u, 1u, 31u, 32u, 100u, 1003u}) {
        CAPTURE(n);
        check_memory_limit<zoo::adamw>(n);
        check_memory_limit<zoo::lamb>(n);
        check_memory_limit<zoo::adam_mini>(n);  // its rows are read once, for two passes
    }
}

TEST_CASE("the memory limit on threads touches each value once") {
    using limit = bench::memory_limit<furl::plan<zoo::adamw, contracted>, float>;
    thread_pool pool(3);
    bench::detail::one<float> = 2;
    for (std::size_t n : {0u, 1u, 100u, 10'003u}) {
        CAPTURE(n);
        std::vector<std::vector<float>> streams(4, std::vector<float>(n + 1, 5.0f));
        limit::run(pool, {streams[0].data(), streams[1].data(), streams[2].data(), streams[3].data()}, n);
        for (std::size_t k = 0; k < streams.size(); ++k) {
            std::vector<float> expected(n, k == 1 ? 5.0f : 10.0f);  // the gradient is only read
            expected.push_back(5.0f);
            CHECK(streams[k] == expected);
        }
    }
    bench::detail::one<float> = 1;
}

TEST_CASE("the divider limit computes what it says") {
    // From 1, with a numerator of 2: each vector of a chain becomes 2 / sqrt(x).
    CHECK(bench::divider_limit<float, 0, 0>(0) == doctest::Approx(8 * arithmetic<vector_of<float>>::width));
    const auto once = bench::divider_limit<float, 1, 1>(1);
    CHECK(once == doctest::Approx(2 * 8 * arithmetic<vector_of<float>>::width));
}
