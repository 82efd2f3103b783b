#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

namespace examples {

/// f(0), f(1), ... f(count - 1), in threads. Errors: the first exception of f, after the threads have ended.
template <class F>
void parallel_for(std::size_t count, F f) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < count; i = next++) f(i);
    };
    const std::size_t threads = std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
    std::vector<std::future<void>> running(threads);
    for (auto& thread : running) thread = std::async(std::launch::async, work);
    for (auto& thread : running) thread.wait();
    for (auto& thread : running) thread.get();
}

}  // namespace examples
