#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>

#include <furl/zoo/lamb.hpp>
#include <furl/zoo/matrix/muon.hpp>
#include <furl/zoo/momentum.hpp>

using namespace furl;
using namespace furl::tests;

TEST_CASE("momentum has the same bits on any number of ranks, with tensors of no elements, and where one has no gradient") {
    check_all<zoo::momentum>(odd_shapes, {.leaves_out = true});
    check_all<zoo::momentum>({{1, 3}}, {.steps = 2});  // more ranks than tensors and units
    check_all<zoo::momentum>({{0, 3}, {1, 0}}, {.steps = 2});
}

TEST_CASE("so has LAMB, whose trust ratio is of each tensor, however small the messages") {
    check_all<zoo::lamb>(odd_shapes, {.leaves_out = true}, {.bucket = 1});
}

TEST_CASE("and a rule of rows, with random numbers") { check_all<centered_and_noisy>({{33, 65}, {0, 5}, {7, 4111}, {1, 5000}}, {.leaves_out = true}); }

TEST_CASE("and NorMuon, by whole matrices") { check_all<zoo::normuon, plain_engine>({{6, 9}, {0, 5}, {11, 4}, {8, 8}}, {.steps = 10}); }
