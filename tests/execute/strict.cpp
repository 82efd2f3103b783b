#include <doctest/doctest.h>

#include <support/agreeing_paths.hpp>

using namespace furl;
using namespace furl::tests;

// Rules with reductions are in reductions.cpp.
TEST_CASE_TEMPLATE("strict numerics give the same bits fused, naive, and one element at a time", Rule, adamw_rule,
                   amsgrad_rule, adadelta_rule, choosy, delays, shuffled, averaged, curved) {
    check_paths_agree<Rule, float>();
}

TEST_CASE("strict numerics give the same bits on all paths for double") {
    check_paths_agree<adamw_rule, double>();
    check_paths_agree<choosy, double>();
}

TEST_CASE("a step by strict numerics has no fused operation") {
    static_assert(cost<adamw_rule>.fused > 0);
    static_assert(cost<adamw_rule, float, strict>.fused == 0);
    CHECK(true);
}
