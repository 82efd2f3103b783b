#pragma once

#include <furl/base/chunk_runner.hpp>

#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <cstddef>

namespace FURL_NAMESPACE {

/// Runs a step on the threads of oneTBB: `opt.step(furl::tbb{}, parameters, gradients)`. It uses all threads of the arena
/// that the calling thread is in. The program links with -ltbb.
struct tbb {
    /// The number of threads.
    static std::size_t concurrency() { return static_cast<std::size_t>(::tbb::this_task_arena::max_concurrency()); }

    /// Calls body(i) once for each i below chunks.
    template <class Body>
    void operator()(std::size_t chunks, Body&& body) const {
        ::tbb::parallel_for(std::size_t{0}, chunks, body, ::tbb::simple_partitioner{});
    }
};

static_assert(ChunkRunner<tbb>);

}  // namespace furl
