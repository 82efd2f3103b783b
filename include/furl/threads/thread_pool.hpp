#pragma once

#include <furl/base/chunk_runner.hpp>

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

namespace FURL_NAMESPACE {

/// A pool of threads that run the chunks of a step: `furl::thread_pool pool(4);  opt.step(pool, parameters, gradients);`
///
/// The calling thread works too, so a pool of 4 starts 3 threads. They live as long as the pool; after a step they spin for
/// a moment, then sleep. Several callers take turns. Nothing is allocated after construction. A thread starts with the same
/// chunks in each step, so that their data stays in its cache, and helps the others when it is done.
///
/// A chunk must not throw; furl's chunks do not. A chunk must not use its own pool, which would deadlock.
class thread_pool {
  public:
    /// @param threads  the number of threads including the caller, at least 1; by default that of the machine.
    /// @param spin     how long a thread spins before it sleeps. Waking it takes some 50 microseconds.
    /// Errors:  std::system_error if the system has no more threads. The threads that were started are ended.
    explicit thread_pool(std::size_t threads = std::thread::hardware_concurrency(),
                         std::chrono::microseconds spin = std::chrono::microseconds(50))
        : thread_pool(unstarted{}, threads, spin) {  // a delegating constructor, so that an exception below runs the destructor
        for (std::size_t i = 1; i < threads; ++i) workers_.emplace_back([this, i] { wait_and_work(i); });
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
        for (std::size_t k = 0; k < shares_.size(); ++k) {
            shares_[k].next.store(chunks * k / shares_.size(), std::memory_order_relaxed);
            shares_[k].end = chunks * (k + 1) / shares_.size();
        }
        const auto opened = (state_.load() & ~(is_open | active_mask)) + one_round + is_open;
        state_.store(opened);
        state_.notify_all();
        work(0);
        // From here on no worker joins. Wait for those that did, since they still use body.
        state_.fetch_and(~is_open);
        for (std::size_t spins = 0; (state_.load() & active_mask) != 0; ++spins)
            if (spins < 10'000) pause();
            else std::this_thread::yield();  // lets a preempted worker run
    }

  private:
    struct unstarted {};
    thread_pool(unstarted, std::size_t threads, std::chrono::microseconds spin)
        : shares_(std::max<std::size_t>(threads, 1)), spin_(spin) {}

    // The state is one word: the number of rounds, whether workers may join the current one, and how many are in it.
    static constexpr std::uint64_t active_mask = 0xffff;
    static constexpr std::uint64_t is_open = 1 << 16;
    static constexpr std::uint64_t one_round = 1 << 17;
    static constexpr std::uint64_t closing = ~std::uint64_t{0} & ~(active_mask | is_open);

    // The chunks of a thread: the index of the next one that no thread has taken, and their end.
    struct alignas(64) share {
        std::atomic<std::size_t> next{0};
        std::size_t end = 0;
    };

    std::vector<share> shares_;
    std::vector<std::thread> workers_;
    std::chrono::microseconds spin_;
    std::mutex callers_;
    std::atomic<std::uint64_t> state_{0};
    void (*call_)(void*, std::size_t) = nullptr;
    void* context_ = nullptr;

    static void pause() {
#if defined(__x86_64__) || defined(_M_X64)
        _mm_pause();
#else
        std::this_thread::yield();
#endif
    }

    // Thread number `self` does its own share, then what is left of the shares of the others.
    void work(std::size_t self) {
        for (std::size_t k = 0; k < shares_.size(); ++k) {
            auto& from = shares_[(self + k) % shares_.size()];
            for (auto i = from.next.fetch_add(1); i < from.end; i = from.next.fetch_add(1)) call_(context_, i);
        }
    }

    // Waits until there is a new round to join, or the pool closes. Returns that state.
    std::uint64_t next_state(std::uint64_t done) {
        const auto news = [&](std::uint64_t s) { return s == closing || ((s & is_open) && s / one_round != done); };
        auto until = std::chrono::steady_clock::now() + spin_;
        for (;;) {
            const auto s = state_.load();
            if (news(s)) return s;
            if (std::chrono::steady_clock::now() < until) {
                pause();
            } else {
                state_.wait(s);
                until = std::chrono::steady_clock::now() + spin_;
            }
        }
    }

    void wait_and_work(std::size_t self) {
        for (std::uint64_t done = 0;;) {
            auto s = next_state(done);
            if (s == closing) return;
            if (!state_.compare_exchange_strong(s, s + 1)) continue;
            work(self);
            state_.fetch_sub(1);
            done = s / one_round;
        }
    }
};

static_assert(ChunkRunner<thread_pool>);

}  // namespace furl
