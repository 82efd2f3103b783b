#include "zoo/golden.hpp"
#include "zoo/elementwise.hpp"
#include "zoo/traffic.hpp"

#include <furl/zoo/barzilai_borwein.hpp>
#include <furl/zoo/dadapt_adamw.hpp>
#include <furl/zoo/dog.hpp>
#include <furl/zoo/dowg.hpp>
#include <furl/zoo/prodigy.hpp>

using namespace furl;
using namespace furl::tests;

static_assert(traffic_of<zoo::dog> == traffic{.passes = 2, .loads = 6, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::ldog> == traffic{.passes = 2, .loads = 6, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::dowg> == traffic{.passes = 2, .loads = 6, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::prodigy> == traffic{.passes = 2, .loads = 10, .stores = 5, .states = 4});
static_assert(traffic_of<zoo::dadapt_adamw> == traffic{.passes = 2, .loads = 8, .stores = 4, .states = 3});
static_assert(traffic_of<zoo::barzilai_borwein> == traffic{.passes = 2, .loads = 6, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::barzilai_borwein_short> == traffic{.passes = 2, .loads = 6, .stores = 3, .states = 2});

// Rules that find their own step length. Rounding is amplified where it comes of differences of nearly equal numbers:
// see tests/golden/README.md.
constexpr double amplified = 1e-10;

TEST_CASE("DoG and DoWG follow optax") {
    follows<zoo::dog>("paper.txt", "dog", {}, {}, amplified);
    follows<l2<zoo::dog>>("paper.txt", "dog_other", {}, {}, amplified);
    follows<zoo::dowg>("paper.txt", "dowg", {}, {}, amplified);
    follows<l2<zoo::dowg>>("paper.txt", "dowg_other", {}, {}, amplified);
}

TEST_CASE("LDoG is DoG where there is one tensor") { follows<zoo::ldog>("paper.txt", "dog", {}, {}, amplified); }

TEST_CASE("Prodigy follows its authors") {
    follows<zoo::prodigy>("paper.txt", "prodigy", {}, {}, amplified);
    follows<zoo::prodigy>("paper.txt", "prodigy_other", {}, {}, amplified);
    follows<zoo::prodigy_optax>("paper.txt", "prodigy_corrected", {"bias_correction"}, {}, amplified);
}

TEST_CASE("D-Adaptation follows its authors") {
    follows<zoo::dadapt_adamw>("paper.txt", "dadapt_adamw");
    follows<zoo::dadapt_adamw>("paper.txt", "dadapt_adamw_other");
    follows<zoo::dadapt_adamw_optax>("paper.txt", "dadapt_adamw_corrected", {"bias_correction"});
}

TEST_CASE("Barzilai-Borwein follows its paper") {
    follows<zoo::barzilai_borwein>("paper.txt", "barzilai_borwein", {}, {}, amplified);
    follows<zoo::barzilai_borwein>("paper.txt", "barzilai_borwein_other", {}, {}, amplified);
    follows<zoo::barzilai_borwein_short>("paper.txt", "barzilai_borwein_short", {"short"}, {}, amplified);
}
