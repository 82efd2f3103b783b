#pragma once

#include <distributed/training.hpp>

#include <furl/distributed/local_ranks.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

// Steps of one process and of many ranks.
namespace furl::tests {

/// Compares the weights of all ranks, for several numbers of ranks, with those of one process.
template <class Rule, class... Policies>
void check_all(const shape_list& shapes, training how, furl::sharding_settings settings = {}) {
    const auto alone = trained_alone<Rule, Policies...>(shapes, how);
    for (std::size_t n : {1u, 2u, 3u, 4u, 7u}) {
        CAPTURE(n);
        std::vector<std::uint64_t> together(n);
        furl::local_ranks ranks(n);
        ranks.run([&](furl::local_rank& me) { together[me.rank()] = trained_together<Rule, Policies...>(me, shapes, how, settings); });
        for (auto h : together) CHECK(h == alone);
    }
}

}  // namespace furl::tests
