#pragma once

#include <furl/bench/settings.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::bench {

/// A loop on several threads, by its name on one.
inline loop on_threads(std::size_t threads, const std::string& name, std::function<void(std::size_t)> run) {
    return {name + ", " + std::to_string(threads) + " threads", std::move(run), {}, true};
}

/// Loops that do the same work on so many parameters. The first is furl's.
struct job {
    std::string name;
    std::size_t parameters;
    double bytes_per_parameter;                   ///< by furl's cost table
    std::function<std::vector<loop>()> prepare;   ///< allocates and fills; the loops own what they need
    std::size_t rounds = 0;                       ///< as many as these, unless the command line says otherwise
    std::size_t best_of = 1;                      ///< as in effort
};

/// The jobs of a program, for the sizes that are wanted.
using job_maker = std::function<void(const settings&, std::vector<job>&)>;

/// The jobs that FURL_BENCHMARK has named.
inline std::vector<job_maker>& registered() {
    static std::vector<job_maker> makers;
    return makers;
}

inline bool add_to_registered(job_maker make) {
    registered().push_back(std::move(make));
    return true;
}

/// Something that the optimizer of the compiler must take for used.
template <class T>
void keep(T x) {
    [[maybe_unused]] T volatile sink = x;
}

}  // namespace furl::bench
