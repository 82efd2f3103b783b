#include "zoo/golden.hpp"
#include "zoo/traffic.hpp"

#include <furl/zoo/cautious_adamw.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/lars.hpp>
#include <furl/zoo/mars.hpp>
#include <furl/zoo/novograd.hpp>
#include <furl/zoo/stable_adamw.hpp>

using namespace furl;
using namespace furl::tests;

static_assert(traffic_of<zoo::lars> == traffic{.passes = 2, .loads = 5, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::lars_nesterov> == traffic{.passes = 2, .loads = 5, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::lars_clip> == traffic{.passes = 2, .loads = 5, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::lars_optax> == traffic{.passes = 2, .loads = 5, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::lars_optax_nesterov> == traffic{.passes = 2, .loads = 5, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::lamb> == traffic{.passes = 2, .loads = 8, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::lamb_apex> == traffic{.passes = 3, .loads = 10, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::novograd> == traffic{.passes = 2, .loads = 4, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::stable_adamw> == traffic{.passes = 2, .loads = 6, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::cautious_adamw> == traffic{.passes = 2, .loads = 6, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::mars> == traffic{.passes = 2, .loads = 7, .stores = 4, .states = 3});

TEST_CASE("LARS follows timm and optax") {
    follows<zoo::lars>("paper.txt", "lars");
    follows<zoo::lars>("paper.txt", "lars_decay");
    follows<zoo::lars_nesterov>("paper.txt", "lars_nesterov", {"nesterov"});
    follows<zoo::lars_clip>("paper.txt", "lars_clip", {"trust_clip"});
    follows<zoo::lars_optax>("paper.txt", "lars_optax");
    follows<zoo::lars_optax>("paper.txt", "lars_optax_decay");
    follows<zoo::lars_optax_nesterov>("paper.txt", "lars_optax_nesterov", {"nesterov"});
}

TEST_CASE("LAMB follows optax and apex") {
    follows<zoo::lamb>("paper.txt", "lamb");
    follows<zoo::lamb>("paper.txt", "lamb_other");
    follows<zoo::lamb_apex>("paper.txt", "lamb_apex");
    follows<zoo::lamb_apex>("paper.txt", "lamb_apex_other");
    follows<zoo::lamb_apex>("paper.txt", "lamb_apex_no_decay");
}

TEST_CASE("NovoGrad follows optax") {
    follows<zoo::novograd>("paper.txt", "novograd");
    follows<zoo::novograd>("paper.txt", "novograd_other");
}

TEST_CASE("StableAdamW follows optimi") {
    follows<zoo::stable_adamw>("paper.txt", "stable_adamw");
    follows<zoo::stable_adamw>("paper.txt", "stable_adamw_other");
}

TEST_CASE("Cautious AdamW follows C-Optim") {
    follows<zoo::cautious_adamw>("paper.txt", "cautious_adamw");
    follows<zoo::cautious_adamw>("paper.txt", "cautious_adamw_other");
}

TEST_CASE("MARS follows its paper") {
    follows<zoo::mars>("paper.txt", "mars");
    follows<zoo::mars>("paper.txt", "mars_other");
}
