#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>

#include <furl/zoo/adafactor.hpp>

using namespace furl;
using namespace furl::tests;

TEST_CASE("Adam with a clipped norm of all tensors has the same bits on any number of ranks, and all skip the step in which one rank's gradient is not a number") {
    check_all<clipped_adam>(odd_shapes, {.bad = 3, .leaves_out = true});
}

TEST_CASE("so has Adafactor, with rows, columns and a norm of the update") { check_all<zoo::adafactor>(tall_shapes, {.steps = 50}); }
