// The page "Benchmark your rule": fused against a loop per operation, in a few lines.

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

// [measure]
template <class Optimizer>
double ns_per_parameter(Optimizer opt, std::vector<float> w, const std::vector<float>& g) {
    using clock = std::chrono::steady_clock;
    double best = 1e9;
    for (int round = 0; round < 20; ++round) {
        const auto start = clock::now();
        opt.step(w, g);
        best = std::min(best, std::chrono::duration<double, std::nano>(clock::now() - start).count());
    }
    return best / static_cast<double>(w.size());
}
// [measure]

int main() {
// [use]
const std::vector<float> w(1'000'000, 1.0f), g(w.size(), 0.1f);
using rule = furl::zoo::adamw;

const double fused = ns_per_parameter(furl::optimizer<rule>(w.size()), w, g);
const double naive = ns_per_parameter(furl::naive<rule>(w.size()), w, g);
const double gigabytes = furl::cost<rule>.bytes_per_parameter / fused;    // bytes per ns are GB per s
std::printf("%.2f ns fused, %.2f ns naive, %.0f GB/s\n", fused, naive, gigabytes);
// [use]
    return fused > 0 && naive > 0 ? 0 : 1;
}
