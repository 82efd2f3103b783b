#pragma once

#include <furl/base/macros.hpp>

#include <cstddef>

namespace FURL_NAMESPACE {

/// A chunk runner executes the chunks of a step: `runner(chunks, body)` calls body(i) once for each i below chunks, on any
/// threads and in any order, and returns when all calls are done. The optional `runner.concurrency()` is the number of threads
/// that run at once; without it a step makes chunks for 16.
template <class R>
concept ChunkRunner = !requires(R& tensor) { tensor.data(); }  // Eigen's matrices can be called with any arguments
                      && requires(R& runner, std::size_t chunks, void (&body)(std::size_t)) { runner(chunks, body); };

/// Runs all chunks in order on the calling thread. This is the default runner.
struct serial {
    /// It runs one thread.
    static constexpr std::size_t concurrency() { return 1; }

    /// Calls body(i) once for each i below chunks.
    template <class Body>
    FURL_INLINE void operator()(std::size_t chunks, Body&& body) const {
        for (std::size_t i = 0; i < chunks; ++i) body(i);
    }
};

static_assert(ChunkRunner<serial>);

namespace detail {

template <class Runner>
std::size_t concurrency_of(const Runner& runner) {
    if constexpr (requires { runner.concurrency(); }) return runner.concurrency();
    else return 16;
}

}  // namespace detail

}  // namespace furl
