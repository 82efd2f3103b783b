#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace furl {

/// Threads that wait for work: `furl::thread_pool pool(4);  opt.step(pool, parameters, gradients);`
///
/// The calling thread works too, so a pool of 4 starts 3. They live as long as the pool; after a step they look for more
/// work for a moment, then sleep. Several callers take turns. Nothing is allocated after construction.
///
/// A chunk must not throw: furl's do not.
class thread_pool {
  public:
    /// @param threads  in all, at least 1; those of the machine unless given.
    /// @param spin     how long a thread looks for more work before it sleeps: waking it takes some 50 microseconds.
    explicit thread_pool(std::size_t threads = std::thread::hardware_concurrency(),
                         std::chrono::microseconds spin = std::chrono::microseconds(50))
        : spin_(spin) {
        for (std::size_t i = 1; i < threads; ++i) workers_.emplace_back([this] { wait_and_work(); });
    }

    ~thread_pool() {
        state_.store(closing);
        state_.notify_all();
        for (auto& worker : workers_) worker.join();
    }

    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// The number of threads.
    std::size_t concurrency() const { return workers_.size() + 1; }

    /// Calls body(i) once for each i below chunks, and returns when all are done.
    template <class Body>
    void operator()(std::size_t chunks, Body&& body) {
        const std::lock_guard turn(callers_);
        context_ = const_cast<void*>(static_cast<const void*>(&body));
        call_ = [](void* context, std::size_t i) { (*static_cast<std::remove_reference_t<Body>*>(context))(i); };
        chunks_ = chunks;
        next_.store(0, std::memory_order_relaxed);
        const auto opened = (state_.load() & ~(is_open | active_mask)) + one_round + is_open;
        state_.store(opened);
        state_.notify_all();
        work();
        // No worker joins any more; those that did must end before body does.
        state_.fetch_and(~is_open);
        while ((state_.load() & active_mask) != 0) pause();
    }

  private:
    // The state in one word: rounds so far, whether a round is open to workers, and how many are in it.
    static constexpr std::uint64_t active_mask = 0xffff;
    static constexpr std::uint64_t is_open = 1 << 16;
    static constexpr std::uint64_t one_round = 1 << 17;
    static constexpr std::uint64_t closing = ~std::uint64_t{0} & ~(active_mask | is_open);

    std::vector<std::thread> workers_;
    std::chrono::microseconds spin_;
    std::mutex callers_;
    std::atomic<std::uint64_t> state_{0};
    std::atomic<std::size_t> next_{0};
    void (*call_)(void*, std::size_t) = nullptr;
    void* context_ = nullptr;
    std::size_t chunks_ = 0;

    static void pause() {
#if defined(__x86_64__) || defined(_M_X64)
        _mm_pause();
#else
        std::this_thread::yield();
#endif
    }

    void work() {
        for (auto i = next_.fetch_add(1); i < chunks_; i = next_.fetch_add(1)) call_(context_, i);
    }

    // A state in which there may be something to do, other than the round that was.
    std::uint64_t next_state(std::uint64_t done) {
        const auto news = [&](std::uint64_t s) { return s == closing || ((s & is_open) && s / one_round != done); };
        const auto until = std::chrono::steady_clock::now() + spin_;
        for (;;) {
            const auto s = state_.load();
            if (news(s)) return s;
            if (std::chrono::steady_clock::now() < until) pause();
            else state_.wait(s);
        }
    }

    void wait_and_work() {
        for (std::uint64_t done = 0;;) {
            auto s = next_state(done);
            if (s == closing) return;
            if (!state_.compare_exchange_strong(s, s + 1)) continue;
            work();
            state_.fetch_sub(1);
            done = s / one_round;
        }
    }
};

}  // namespace furl
