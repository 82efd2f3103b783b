// Ranks that are processes: started by mpirun, this prints what differs from one process, and nothing if nothing does.

#include <distributed/rules.hpp>

#include <furl/distributed/mpi.hpp>

#include <bit>
#include <cstdint>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

using namespace furl;
using namespace furl::tests;

namespace {

using tensor_list = std::vector<std::vector<float>>;
const std::vector<furl::shape> shapes{{1, 17}, {0, 5}, {3, 4111}, {1, 1}, {70, 300}, {1, 4096}, {1, 12289}};
int failures = 0;

void require(bool is_true, const std::string& what) {
    if (is_true) return;
    std::cerr << what << '\n';
    ++failures;
}

// Few bits, so that sums are exact: rank r has r + 1 times what one process divides by.
tensor_list gradients(int t, double factor) {
    tensor_list list;
    auto state = static_cast<std::uint32_t>(t) * 2654435761u + 1;
    for (const auto& s : shapes)
        for (auto& x : list.emplace_back(s.size())) {
            state = state * 1664525u + 1013904223u;
            x = static_cast<float>(factor * (static_cast<int>(state >> 22) - 512)) * 0x1p-8f;
        }
    if (t == 3) list[4][7] = std::numeric_limits<float>::quiet_NaN();
    return list;
}

bool equal(const tensor_list& a, const tensor_list& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t k = 0; k < a[i].size(); ++k)
            if (std::bit_cast<std::uint32_t>(a[i][k]) != std::bit_cast<std::uint32_t>(b[i][k])) return false;
    return true;
}

template <class Call>
std::string message_of(Call call) {
    try {
        call();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "no exception";
}

void check(mpi& ranks) {
    const auto n = ranks.size();
    sharded_optimizer<clipped_adam> opt(ranks, shapes);
    optimizer<clipped_adam> alone(shapes);
    auto w = gradients(1000, 1), whole = w;
    const int steps = n == 2 ? 50 : 10;  // where there are more ranks than processors, they spend their time waiting
    for (int t = 0; t < steps; ++t) {
        auto own = gradients(t, static_cast<double>(ranks.rank() + 1)), sum = gradients(t, static_cast<double>(n * (n + 1) / 2));
        if (t == 3 && ranks.rank() + 1 < n) own[4][7] = 1;
        const bool done = opt.step(w, own);
        require(done == alone.step(whole, sum), "step " + std::to_string(t) + " is not skipped where one process skips it");
        require(equal(w, whole), "weights differ after step " + std::to_string(t));
    }
    require(opt.step_count() == steps - 1, "the step count is " + std::to_string(opt.step_count()));

    auto own = gradients(1, 1);
    if (ranks.rank() + 1 == n) own[2].pop_back();
    const auto said = message_of([&] { opt.step(w, own); });
    require(said == "furl: " + (n > 1 ? "on rank " + std::to_string(n - 1) + ": " : std::string()) + "tensor 2: gradients have 12332 elements, expected 12333 as at construction",
            "a refused step said: " + said);
    require(equal(w, whole), "a refused step changed weights");

    if (n == 1) return;
    // This rank does not come: the others miss it. MPI cannot take back what they have begun, so this is the last of all.
    mpi impatient(MPI_COMM_WORLD, std::chrono::milliseconds(200));
    if (ranks.rank() != 0) {
        const auto missed = message_of([&] { sharded_optimizer<clipped_adam> late(impatient, shapes); });
        require(missed == "furl: rank " + std::to_string(ranks.rank()) + " has waited 200 ms for the others", "a missing rank gave: " + missed);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    if (ranks.rank() == 0) sharded_optimizer<clipped_adam> late(impatient, shapes);  // those that wait have sent their part
}

}  // namespace

int main(int argc, char** argv) {
    const auto early = message_of([] { mpi ranks(MPI_COMM_WORLD); });
    require(early == "furl: MPI is not initialized; call MPI_Init before, and MPI_Finalize after the last step", "without MPI_Init: " + early);
    MPI_Init(&argc, &argv);
    {
        mpi ranks(MPI_COMM_WORLD);
        try {
            check(ranks);
        } catch (const std::exception& e) {
            require(false, std::string("an exception: ") + e.what());
        }
    }
    int all = 0;
    MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Finalize();
    return all == 0 ? 0 : 1;
}
