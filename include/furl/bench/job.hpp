#pragma once

#include <furl/bench/settings.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::bench {

/// Makes a loop that runs on several threads. `name` is its name on one thread.
inline loop on_threads(std::size_t threads, const std::string& name, std::function<void(std::size_t)> run) {
    return {name + ", " + std::to_string(threads) + " threads", std::move(run), {}, true};
}

/// Loops that do the same work on the same number of parameters. The first one is furl's.
struct job {
    std::string name;
    std::size_t parameters;
    double bytes_per_parameter;                   ///< from furl::cost
    std::function<std::vector<loop>()> prepare;   ///< allocates and fills the data, which the loops own
    std::size_t rounds = 0;                       ///< the number of rounds, unless the command line sets it
    std::size_t best_of = 1;                      ///< as in effort
};

/// Appends the jobs of a rule for the sizes in the settings.
using job_maker = std::function<void(const settings&, std::vector<job>&)>;

/// The job makers that FURL_BENCHMARK has registered.
inline std::vector<job_maker>& registered() {
    static std::vector<job_maker> makers;
    return makers;
}

inline bool add_to_registered(job_maker make) {
    registered().push_back(std::move(make));
    return true;
}

/// Makes the compiler treat a value as used.
template <class T>
void keep(T x) {
    [[maybe_unused]] T volatile sink = x;
}

}  // namespace furl::bench
