#include <furl/threads/thread_pool.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using furl::thread_pool;

TEST_CASE("a pool does each chunk once, whatever its size") {
    for (std::size_t threads : {1u, 2u, 3u, 8u}) {
        thread_pool pool(threads);
        CHECK(pool.concurrency() == threads);
        for (std::size_t chunks : {0u, 1u, 2u, 17u, 1000u}) {
            std::vector<std::atomic<int>> done(chunks);
            pool(chunks, [&](std::size_t i) { ++done[i]; });
            for (auto& d : done) CHECK(d == 1);
        }
    }
}

TEST_CASE("a pool does many rounds, whether its threads still look for work or sleep") {
    for (const auto spin : {std::chrono::microseconds(0), std::chrono::microseconds(200)}) {
        thread_pool pool(3, spin);
        std::atomic<long> sum{0};
        for (int round = 0; round < 2000; ++round) {
            pool(5, [&](std::size_t i) { sum += static_cast<long>(i); });
            if (round % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        CHECK(sum == 2000 * 10);
    }
}

TEST_CASE("callers take turns") {
    thread_pool pool(2);
    std::atomic<long> sum{0};
    std::vector<std::thread> callers;
    for (int k = 0; k < 3; ++k)
        callers.emplace_back([&] {
            for (int round = 0; round < 200; ++round) pool(7, [&](std::size_t) { ++sum; });
        });
    for (auto& caller : callers) caller.join();
    CHECK(sum == 3 * 200 * 7);
}

TEST_CASE("work is done by several threads at once") {
    thread_pool pool(2, std::chrono::milliseconds(10));
    std::atomic<int> inside{0};
    bool met = false;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!met && std::chrono::steady_clock::now() < until) {
        std::atomic<int> most{0};
        pool(2, [&](std::size_t) {
            ++inside;
            const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
            while (inside < 2 && std::chrono::steady_clock::now() < soon) {
            }
            most = std::max(most.load(), inside.load());
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            --inside;
        });
        met = most == 2;
    }
    CHECK(met);
}

TEST_CASE("a pool that was never used ends") {
    const thread_pool pool(4);
    CHECK(pool.concurrency() == 4);
}
