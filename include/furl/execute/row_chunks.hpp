#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/execute/partition.hpp>
#include <furl/formats/stored_plan.hpp>

#include <algorithm>
#include <cstddef>

// Steps of some rows of a table. Gradients and inputs have only these rows.
namespace FURL_NAMESPACE::detail {

/// Cuts n rows into chunks, and calls run(from, to) for each on the threads of a runner.
template <class Environment, class Runner, class Run>
void run_rows(std::size_t n, std::size_t length, Runner& runner, Run run) {
    const auto threads = concurrency_of(runner);
    const auto worth_it = n * (length + 64) / partition::least;
    const auto chunks = threads < 2 ? 1 : std::clamp<std::size_t>(worth_it, 1, std::min(n, 4 * threads));
    const auto body = [&](std::size_t i) {
        [[maybe_unused]] const Environment denormals;
        run(n * i / chunks, n * (i + 1) / chunks);
    };
    if (chunks == 1) body(0);
    else runner(chunks, body);
}

/// Calls visit(p, bytes) for each buffer that has only the rows of the step: those of gradients and inputs.
template <class Plan, class Visit>
FURL_INLINE void for_each_compact(Visit visit) {
    for (std::size_t p = 1; p < Plan::first_state; ++p) visit(p, Plan::buffers[p].bytes);
}

/// Prefetches the beginning of a row that is needed soon. Rows lie far apart, so the processor does not foresee which.
template <class Plan>
FURL_INLINE void prefetch_row(const buffer_pointers<Plan>& buffers, std::size_t row, std::size_t length) {
#if defined(__GNUC__)
    constexpr std::size_t most = 512, line = 64;  // bytes
    for (std::size_t p = 0; p < buffers.size(); ++p) {
        if (p > 0 && p < Plan::first_state) continue;  // gradients and inputs lie side by side
        const std::byte* const from = buffers[p] + Plan::buffers[p].size(row * length);
        const auto bytes = std::min(most, Plan::buffers[p].size(length));
        for (std::size_t at = 0; at < bytes; at += line) __builtin_prefetch(from + at, 1);
    }
#endif
}

/// How many rows before its turn a row is prefetched.
inline constexpr std::size_t rows_ahead = 8;

}  // namespace furl::detail
