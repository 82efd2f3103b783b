#include "support/parallel.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

namespace {

TEST_CASE("parallel_for does each index once") {
    std::vector<std::atomic<int>> done(1000);
    examples::parallel_for(done.size(), [&](std::size_t i) { ++done[i]; });
    for (const auto& count : done) CHECK(count == 1);
    examples::parallel_for(0, [](std::size_t) { FAIL("there is nothing to do"); });
}

TEST_CASE("parallel_for passes an exception on") {
    CHECK_THROWS_AS(examples::parallel_for(10,
                                           [](std::size_t i) {
                                               if (i == 7) throw std::runtime_error("7");
                                           }),
                    std::runtime_error);
}

}  // namespace
