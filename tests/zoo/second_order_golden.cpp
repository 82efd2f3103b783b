#include "zoo/golden.hpp"
#include "zoo/traffic.hpp"

#include <furl/zoo/adahessian.hpp>
#include <furl/zoo/sophia.hpp>

using namespace furl;
using namespace furl::tests;

static_assert(traffic_of<zoo::sophia_g> == traffic{.passes = 1, .loads = 5, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::sophia_h> == traffic{.passes = 1, .loads = 5, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::adahessian> == traffic{.passes = 1, .loads = 5, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::adahessian_power> == traffic{.passes = 1, .loads = 5, .stores = 3, .states = 2});

TEST_CASE("Sophia follows its papers") {
    follows<zoo::sophia_g>("paper.txt", "sophia_g");
    follows<zoo::sophia_g>("paper.txt", "sophia_g_other");
    follows<zoo::sophia_h>("paper.txt", "sophia_h");
    follows<zoo::sophia_h>("paper.txt", "sophia_h_other");
}

TEST_CASE("AdaHessian follows its paper") {
    follows<zoo::adahessian>("paper.txt", "adahessian", {"hessian_power"});
    follows<zoo::adahessian_power>("paper.txt", "adahessian");
    follows<zoo::adahessian_power>("paper.txt", "adahessian_other");
}
