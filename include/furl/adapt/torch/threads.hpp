#pragma once

#include <furl/base/chunk_runner.hpp>

#include <ATen/Parallel.h>

#include <cstddef>
#include <cstdint>

namespace FURL_NAMESPACE::detail {

/// Runs the chunks of a step on the threads of libtorch.
struct torch_threads {
    static std::size_t concurrency() {
#ifdef INTRA_OP_PARALLEL
        return at::in_parallel_region() ? 1 : static_cast<std::size_t>(at::get_num_threads());
#else
        return 1;  // libtorch's loops use OpenMP where they are compiled with -fopenmp
#endif
    }

    template <class Body>
    void operator()(std::size_t chunks, Body&& body) const {
        at::parallel_for(0, static_cast<std::int64_t>(chunks), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto i = begin; i < end; ++i) body(static_cast<std::size_t>(i));
        });
    }
};

static_assert(ChunkRunner<torch_threads>);

}  // namespace furl::detail
