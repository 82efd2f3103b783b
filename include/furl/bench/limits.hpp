#pragma once

#include <furl/bench/job.hpp>
#include <furl/program/plan.hpp>
#include <furl/simd/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

/// Loops that measure the limits of the machine: its memory alone, and its divider alone.
namespace FURL_NAMESPACE::bench {

namespace detail {

// These are read at run time, so that the compiler cannot fold the arithmetic away.
template <class T>
inline T volatile one = 1;
template <class T>
inline T volatile zero = 0;

}  // namespace detail

/// The memory limit of a rule: a loop that reads and writes the same streams as its step, one walk over memory after the other, with
/// almost no arithmetic. A stream that is read and written keeps its values; a stream that is only written is set to ones.
template <class Plan, class T>
class memory_limit {
    using A = arithmetic<vector_of<T>>;
    using V = vector_of<T>;
    static constexpr std::size_t streams = Plan::streams.size();
    static constexpr std::size_t passes = Plan::walks_over_memory.size(), last = passes - 1;
    // The loop handles two cache lines of each stream at a time. No other order that was tried is faster at any size.
    static constexpr std::size_t group = 128 / sizeof(T) / A::width > 0 ? 128 / sizeof(T) / A::width : 1;

    template <std::size_t Pass, std::size_t K>
    static constexpr bool read = Plan::walk_reads(Plan::walks_over_memory[Pass], K);
    template <std::size_t K>
    static constexpr bool written = Plan::streams[K].store >= 0;

  public:
    using pointers = std::array<T*, streams>;

    /// Runs over n values of each stream. Returns the sum of the streams that are only read, so that the compiler keeps the
    /// loads.
    [[gnu::noinline]] static T run(const pointers& given, std::size_t n) {
        return [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
            return (run_pass<Pass>(given, n) + ...);
        }(std::make_index_sequence<passes>{});
    }

    /// Does the same on the threads of a runner, pass by pass, in a few parts for each thread.
    template <class Runner>
    static void run(Runner& runner, const pointers& given, std::size_t n) {
        const auto parts = 4 * runner.concurrency();
        const auto part = (n / parts / group / A::width + 1) * group * A::width;
        const auto run_part = [&](std::size_t i, auto pass) {
            const auto from = std::min(i * part, n);
            auto p = given;
            for (auto& stream : p) stream += from;
            keep(run_pass<pass>(p, std::min(part, n - from)));
        };
        [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
            (runner(parts, [&](std::size_t i) { run_part(i, std::integral_constant<std::size_t, Pass>{}); }), ...);
        }(std::make_index_sequence<passes>{});
    }

    /// Makes a number of calls, on the threads of a runner if there is one.
    template <class... Runner>
    static void repeat(std::size_t calls, const pointers& given, std::size_t n, Runner&... runner) {
        for (; calls > 0; --calls)
            if constexpr (sizeof...(Runner) > 0) (run(runner, given, n), ...);
            else keep(run(given, n));
    }

  private:
    template <std::size_t Pass>
    static FURL_INLINE T run_pass(const pointers& given, std::size_t n) {
        const pointers p = given;
        const V keep = A::broadcast(detail::one<T>);
        V sums[group];
        for (auto& s : sums) s = A::broadcast(detail::zero<T>);
        std::size_t i = 0;
        for (; i + group * A::width <= n; i += group * A::width)
            [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
                (touch<Pass, K>(p, i, keep, sums, std::make_index_sequence<group>{}), ...);
            }(std::make_index_sequence<streams>{});
        T total = 0;
        for (; i < n; ++i)
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (touch_one<Pass, K>(p, i, total), ...);
            }(std::make_index_sequence<streams>{});
        T lanes[A::width];
        for (auto& s : sums) {
            A::store(lanes, s);
            for (auto x : lanes) total += x;
        }
        return total;
    }

    template <std::size_t Pass, std::size_t K, std::size_t... G>
    static FURL_INLINE void touch(const pointers& p, std::size_t i, V keep, V (&sums)[group],
                                  std::index_sequence<G...>) {
        if constexpr (Pass == last && written<K>) {
            if constexpr (read<Pass, K>)
                (A::store(p[K] + i + G * A::width, A::multiply(A::load(p[K] + i + G * A::width), keep)), ...);
            else
                (A::store(p[K] + i + G * A::width, keep), ...);
        } else if constexpr (read<Pass, K>) {
            ((sums[G] = A::add(sums[G], A::load(p[K] + i + G * A::width))), ...);
        }
    }

    template <std::size_t Pass, std::size_t K>
    static FURL_INLINE void touch_one(const pointers& p, std::size_t i, T& total) {
        if constexpr (Pass == last && written<K>) {
            if constexpr (read<Pass, K>) p[K][i] *= detail::one<T>;
            else p[K][i] = detail::one<T>;
        } else if constexpr (read<Pass, K>) {
            total += p[K][i];
        }
    }
};

/// The arithmetic limit: it computes this many square roots and divisions for each of n values, all in registers.
template <class T, int Roots, int Divisions>
[[gnu::noinline]] T divider_limit(std::size_t n) {
    using V = vector_of<T>;
    using A = arithmetic<V>;
    constexpr std::size_t chains = 8;  // independent chains, to measure throughput and not latency
    const V numerator = A::broadcast(detail::one<T> + detail::one<T>);
    V x[chains];
    for (auto& v : x) v = A::broadcast(detail::one<T>);
    const auto step = [&](V& v) FURL_INLINE_LAMBDA {
        [&]<std::size_t... I>(std::index_sequence<I...>) FURL_INLINE_LAMBDA {
            ((v = A::sqrt(v), static_cast<void>(I)), ...);
        }(std::make_index_sequence<static_cast<std::size_t>(Roots)>{});
        [&]<std::size_t... I>(std::index_sequence<I...>) FURL_INLINE_LAMBDA {
            ((v = A::divide(numerator, v), static_cast<void>(I)), ...);
        }(std::make_index_sequence<static_cast<std::size_t>(Divisions)>{});
    };
    for (std::size_t i = 0; i < n; i += chains * A::width)
        [&]<std::size_t... C>(std::index_sequence<C...>) FURL_INLINE_LAMBDA {
            (step(x[C]), ...);
        }(std::make_index_sequence<chains>{});
    T total = 0;
    T lanes[A::width];
    for (auto& v : x) {
        A::store(lanes, v);
        for (auto y : lanes) total += y;
    }
    return total;
}

}  // namespace furl::bench
