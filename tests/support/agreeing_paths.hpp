#pragma once

#include <doctest/doctest.h>

#include <support/rules.hpp>

namespace furl::tests {

/// Runs a rule fused, naive and one element at a time, as written: the same bits, at sizes around the borders of
/// vectors and of reduction blocks.
template <class Rule, class T>
void check_paths_agree() {
    for (std::size_t n : {1u, 7u, 16u, 100u, 512u, 513u, 1100u}) {
        CAPTURE(n);
        const problem<T> p(n, 5);
        const auto fused = solve<optimizer<Rule, T, strict>>(p);
        const bool naive_is_same = solve<naive<Rule, T>>(p) == fused;
        const bool scalar_is_same = solve<optimizer<Rule, T, one_element_at_a_time, flush_denormals>>(p) == fused;
        CHECK(naive_is_same);
        CHECK(scalar_is_same);
    }
}

}  // namespace furl::tests
