// Measures a step of several processes: mpirun -n 2 ranks. The sharded step is compared with what data-parallel programs do without
// it: an all-reduce of the gradients, and then the whole step on each rank. Options: rounds, and the KiB of a share that are sent at once.
#include <furl/distributed/mpi.hpp>
#include <furl/distributed/sharded_groups.hpp>
#include <furl/zoo/adamw.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point start) { return std::chrono::duration<double>(clock_type::now() - start).count(); }

/// The median over rounds of the time of the slowest rank, in milliseconds.
template <class Step>
double time_of(int rounds, Step step) {
    std::vector<double> times;
    for (int i = 0; i < rounds + 2; ++i) {
        MPI_Barrier(MPI_COMM_WORLD);
        const auto start = clock_type::now();
        step();
        double own = seconds_since(start), slowest = 0;
        MPI_Allreduce(&own, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
        if (i >= 2) times.push_back(1e3 * slowest);
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

struct two_chunks {
    static constexpr std::size_t concurrency() { return 2; }
    void operator()(std::size_t chunks, auto&& body) const {
        for (std::size_t i = 0; i < chunks; ++i) body(i);
    }
};

void measure(furl::mpi& ranks, std::size_t n, int rounds, std::size_t bucket) {
    // Half in one matrix, the rest in sixteen.
    std::vector<std::size_t> sizes{n / 2};
    for (int i = 0; i < 16; ++i) sizes.push_back(n / 32);
    const auto make = [&](float value) {
        std::vector<std::vector<float>> list;
        for (auto size : sizes) list.emplace_back(size, value);
        return list;
    };
    auto weights = make(1), gradients = make(0.5f);

    furl::sharded_optimizer<furl::zoo::adamw> sharded(ranks, sizes, {.bucket = bucket});
    double scatter = 0, step = 0, gather = 0;
    const double together = time_of(rounds, [&] {
        sharded.step(weights, gradients);
        scatter += sharded.times().scatter, step += sharded.times().step, gather += sharded.times().gather;
    });
    const double part = 1e3 / (rounds + 2);
    // A runner of two threads, of which there is one: then gradients, step and weights come one after the other.
    const double apart = time_of(rounds, [&] { sharded.step(two_chunks{}, weights, gradients); });

    // The matrix with weight decay, and the others without.
    furl::sharded_groups<float> groups(ranks, {.bucket = bucket});
    groups.add<furl::zoo::adamw>({sizes[0]});
    groups.add<furl::zoo::adamw>(std::vector(sizes.begin() + 1, sizes.end()), {.settings = {{"weight_decay", 0}}});
    const double of_groups = time_of(rounds, [&] { groups.step(weights, gradients); });
    const double groups_apart = time_of(rounds, [&] { groups.step(two_chunks{}, weights, gradients); });

    furl::optimizer<furl::zoo::adamw> whole(sizes);
    const double plain = time_of(rounds, [&] {
        for (auto& g : gradients) MPI_Allreduce(MPI_IN_PLACE, g.data(), static_cast<int>(g.size()), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
        whole.step(weights, gradients);
        for (auto& g : gradients) std::ranges::fill(g, 0.5f);
    });
    const double fill = time_of(rounds, [&] { for (auto& g : gradients) std::ranges::fill(g, 0.5f); });
    const double alone = time_of(rounds, [&] { whole.step(weights, gradients); });
    if (ranks.rank() == 0)
        std::printf("%11zu %5zu %10.3f %10.3f %8.3f %8.3f %10.3f %8.3f %10.3f %12.3f %10.3f %9.1f\n", n, ranks.size(), together, scatter * part, step * part, gather * part, apart, of_groups, groups_apart, plain - fill, alone,
                    static_cast<double>(sharded.state_memory()) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
    MPI_Init(&argc, &argv);
    {
        furl::mpi ranks(MPI_COMM_WORLD);
        const int rounds = argc > 1 ? std::atoi(argv[1]) : 21;
        // In KiB of a share.
        const std::size_t bucket = (argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 0) << 10;
        if (ranks.rank() == 0) std::printf(" parameters ranks    sharded, of which:                 one after   groups  one after   all-reduce  whole step    states\n"
                                           "                         ms  gradients     step  weights  the other       ms  the other + whole step   alone, ms        MB\n");
        for (std::size_t n : {std::size_t{32'000}, std::size_t{1'000'000}, std::size_t{16'000'000}}) measure(ranks, n, rounds, bucket);
    }
    MPI_Finalize();
}
