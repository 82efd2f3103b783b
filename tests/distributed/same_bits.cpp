#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>

#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/adamw.hpp>

using namespace furl;
using namespace furl::tests;

TEST_CASE("AdamW, which is stepped while messages are on their way, has the same bits on any number of ranks, with tensors of no elements") {
    check_all<zoo::adamw>(odd_shapes, {.leaves_out = true}, {.bucket = 1});
    check_all<zoo::adamw>({{1, 3}}, {.steps = 2});  // more ranks than tensors and units
    check_all<zoo::adamw>({{0, 3}, {1, 0}}, {.steps = 2});
}

TEST_CASE("so has Adam with a clipped norm of all tensors, and all skip the step in which one rank's gradient is not a number") {
    check_all<clipped_adam>(odd_shapes, {.bad = 3, .leaves_out = true});
}

TEST_CASE("and Adafactor, with rows, columns and a norm of the update") { check_all<zoo::adafactor>({tall_shapes[0], {1, 17}, {0, 3}}, {.steps = 4}); }
