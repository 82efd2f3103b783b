#pragma once

#include <furl/base/chunk_runner.hpp>

#if !defined(_OPENMP)
#error "furl/threads/openmp.hpp needs a compiler with OpenMP switched on: -fopenmp"
#endif

#include <omp.h>

#include <cstddef>

namespace FURL_NAMESPACE {

/// Runs a step on the threads of OpenMP: `opt.step(furl::openmp{}, parameters, gradients)`. Each pass is one parallel region,
/// with as many threads as OMP_NUM_THREADS says.
struct openmp {
    /// The number of threads.
    static std::size_t concurrency() { return static_cast<std::size_t>(omp_get_max_threads()); }

    /// Calls body(i) once for each i below chunks.
    template <class Body>
    void operator()(std::size_t chunks, Body&& body) const {
#pragma omp parallel for schedule(static)
        for (std::size_t i = 0; i < chunks; ++i) body(i);
    }
};

static_assert(ChunkRunner<openmp>);

}  // namespace furl
