#include "zoo/golden.hpp"
#include "zoo/traffic.hpp"

#include <furl/zoo/alig.hpp>
#include <furl/zoo/momo.hpp>
#include <furl/zoo/momo_adam.hpp>
#include <furl/zoo/polyak_sgd.hpp>
#include <furl/zoo/sps.hpp>

using namespace furl;
using namespace furl::tests;

static_assert(traffic_of<zoo::polyak_sgd> == traffic{.passes = 2, .loads = 3, .stores = 1, .states = 0});
static_assert(traffic_of<zoo::sps> == traffic{.passes = 2, .loads = 3, .stores = 1, .states = 0});
static_assert(traffic_of<zoo::sps_smooth> == traffic{.passes = 2, .loads = 3, .stores = 1, .states = 0});
static_assert(traffic_of<zoo::alig> == traffic{.passes = 2, .loads = 3, .stores = 1, .states = 0});
static_assert(traffic_of<zoo::alig_momentum> == traffic{.passes = 2, .loads = 4, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::momo> == traffic{.passes = 2, .loads = 6, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::momo_star> == traffic{.passes = 2, .loads = 6, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::momo_adam> == traffic{.passes = 2, .loads = 8, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::momo_adam_star> == traffic{.passes = 2, .loads = 8, .stores = 3, .states = 2});

// MoMo's model of the loss is a difference of nearly equal numbers: see tests/golden/README.md.
constexpr double amplified = 1e-10;

TEST_CASE("Polyak's step length follows optax") {
    follows<zoo::polyak_sgd>("paper.txt", "polyak_sgd");
    follows<zoo::polyak_sgd>("paper.txt", "polyak_sgd_other");
}

TEST_CASE("SPS_max follows its authors") {
    follows<zoo::sps>("paper.txt", "sps");
    follows<zoo::sps>("paper.txt", "sps_other");
    follows<zoo::sps_smooth>("paper.txt", "sps_smooth");
    follows<zoo::sps_smooth>("paper.txt", "sps_smooth_other");
}

TEST_CASE("ALI-G follows its authors") {
    follows<zoo::alig>("paper.txt", "alig");
    follows<zoo::alig>("paper.txt", "alig_other");
    follows<zoo::alig_momentum>("paper.txt", "alig_momentum");
    follows<zoo::alig_momentum>("paper.txt", "alig_other_momentum");
}

TEST_CASE("MoMo follows its authors") {
    follows<zoo::momo>("paper.txt", "momo", {"star"}, {}, amplified);
    follows<zoo::momo>("paper.txt", "momo_other", {"star"}, {}, amplified);
    follows<zoo::momo_star>("paper.txt", "momo_star", {"star"}, {}, amplified);
    follows<zoo::momo_star>("paper.txt", "momo_star_other", {"star"}, {}, amplified);
}

TEST_CASE("MoMo-Adam follows its authors") {
    follows<zoo::momo_adam>("paper.txt", "momo_adam", {"star"}, {}, amplified);
    follows<zoo::momo_adam>("paper.txt", "momo_adam_other", {"star"}, {}, amplified);
    follows<zoo::momo_adam>("paper.txt", "momo_adam_long", {"star"}, {}, amplified);
    follows<zoo::momo_adam_star>("paper.txt", "momo_adam_star", {"star"}, {}, amplified);
    follows<zoo::momo_adam_star>("paper.txt", "momo_adam_star_other", {"star"}, {}, amplified);
}
