// A program for ranks on several hosts. It trains with five rules and prints a hash of the weights after each. With one rank it trains with
// furl::optimizer. With --time it also prints how long messages and steps take.

#include <distributed/rules.hpp>
#include <distributed/training.hpp>

#include <furl/distributed/mpi.hpp>
#include <furl/distributed/sharded_groups.hpp>
#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/momentum.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

using namespace furl;
using namespace furl::tests;

namespace {

template <class Rule>
void train(mpi& ranks, const char* name, training how) {
    const auto own = ranks.size() == 1 ? trained_alone<Rule>(odd_shapes, how) : trained_together<Rule>(ranks, odd_shapes, how);
    std::vector<std::uint64_t> all(ranks.size());
    MPI_Gather(&own, 1, MPI_UINT64_T, all.data(), 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    for (std::size_t i = 0; ranks.rank() == 0 && i < all.size(); ++i) std::printf("%s on rank %zu: %016llx\n", name, i, static_cast<unsigned long long>(all[i]));
}

// The mean of some rounds, in ms: ranks may be out of step by the time of a message, so one round may take twice as long and the next no time.
template <class Do>
double time_of(Do what) {
    constexpr int rounds = 20;
    what();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) what();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / rounds;
}

// The time of a small message from each rank to each other, in which the ranks agree on a step.
double time_of_messages(mpi& ranks) {
    std::vector<double> all(2 * ranks.size());
    std::vector<std::size_t> first;
    for (std::size_t i = 0; i <= ranks.size(); ++i) first.push_back(16 * i);
    return time_of([&] { ranks.finish(ranks.start_all_gather(std::as_writable_bytes(std::span(all)), first)); });
}

struct two_chunks {
    static constexpr std::size_t concurrency() { return 2; }
    void operator()(std::size_t chunks, auto&& body) const {
        for (std::size_t i = 0; i < chunks; ++i) body(i);
    }
};

void measure(mpi& ranks) {
    const double small = time_of_messages(ranks);
    if (ranks.rank() == 0) std::printf("a message: %.2f ms\n", small);
    // In buckets of 8192 elements, which Open MPI sends without asking first: one, and eight.
    for (std::size_t buckets : {1u, 8u}) {
        const auto n = buckets * 8192 * ranks.size();
        std::vector<std::vector<float>> w{std::vector<float>(n / 2, 1), std::vector<float>(n / 2, 1)}, g = w;
        sharded_optimizer<zoo::adamw> opt(ranks, w, {.bucket = 1 << 15});
        sharded_groups<float> groups(ranks, {.bucket = 1 << 15});
        groups.add<zoo::adamw>({n / 2});
        groups.add<zoo::adamw>({n / 2}, {.settings = {{"weight_decay", 0}}});
        const double overlapped = time_of([&] { opt.step(w, g); }), apart = time_of([&] { opt.step(two_chunks{}, w, g); });
        const double of_groups = time_of([&] { groups.step(w, g); });
        const double plain = time_of([&] {
            for (auto& x : g) MPI_Allreduce(MPI_IN_PLACE, x.data(), static_cast<int>(x.size()), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
        });
        if (ranks.rank() == 0)
            std::printf("%zu messages in a row: a step %.2f ms, of two groups %.2f ms, without overlap %.2f ms, an all-reduce alone %.2f ms\n", buckets, overlapped, of_groups,
                        apart, plain);
    }
}

}  // namespace

int main(int argc, char** argv) {
    MPI_Init(&argc, &argv);
    {
        mpi ranks(MPI_COMM_WORLD);
        train<zoo::adamw>(ranks, "adamw", {.leaves_out = true});
        train<clipped_adam>(ranks, "clipped and skipped", {.bad = 3});
        train<zoo::lamb>(ranks, "lamb", {});
        train<zoo::adafactor>(ranks, "adafactor", {});
        train<zoo::momentum>(ranks, "momentum", {});
        if (argc > 1 && std::string_view(argv[1]) == "--time" && ranks.size() > 1) measure(ranks);
    }
    MPI_Finalize();
}
