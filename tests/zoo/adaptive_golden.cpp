#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/adabelief.hpp>
#include <furl/zoo/adan.hpp>
#include <furl/zoo/ademamix.hpp>
#include <furl/zoo/adopt.hpp>
#include <furl/zoo/laprop.hpp>
#include <furl/zoo/yogi.hpp>

using namespace furl;
using furl::tests::follows;
using furl::tests::l2;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::adabelief>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::adabelief_amsgrad>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::yogi>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::yogi_paper>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::adan>(6, 5, 4, 1, 1));
static_assert(one_pass<zoo::adan_decoupled>(6, 5, 4, 1, 1));
static_assert(one_pass<zoo::adopt>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::adopt_decoupled>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::ademamix>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::laprop>(4, 3, 2, 1, 1));

TEST_CASE("AdaBelief and Yogi follow their papers") {
    follows<zoo::adabelief>("paper.txt", "adabelief");
    follows<zoo::adabelief>("paper.txt", "adabelief_other");
    follows<zoo::adabelief>("paper.txt", "adabelief_decay");
    follows<zoo::adabelief_amsgrad>("paper.txt", "adabelief_amsgrad", {"amsgrad"});
    follows<zoo::yogi>("paper.txt", "yogi");
    follows<zoo::yogi>("paper.txt", "yogi_other");
    follows<zoo::yogi_paper>("paper.txt", "yogi_paper");
    follows<zoo::yogi_paper>("paper.txt", "yogi_paper_other");
}

TEST_CASE("Adan, ADOPT, AdEMAMix and LaProp follow their papers") {
    follows<zoo::adan>("paper.txt", "adan");
    follows<zoo::adan>("paper.txt", "adan_other");
    follows<zoo::adan>("paper.txt", "adan_decay");
    follows<zoo::adan_decoupled>("paper.txt", "adan_decoupled", {"decoupled"});
    follows<zoo::adopt>("paper.txt", "adopt");
    follows<zoo::adopt>("paper.txt", "adopt_other");
    follows<l2<zoo::adopt>>("paper.txt", "adopt_decay");
    follows<zoo::adopt_decoupled>("paper.txt", "adopt_decoupled", {"decoupled"});
    follows<zoo::ademamix>("paper.txt", "ademamix");
    follows<zoo::ademamix>("paper.txt", "ademamix_other");
    follows<zoo::ademamix>("paper.txt", "ademamix_warmup");
    follows<zoo::laprop>("paper.txt", "laprop");
    follows<zoo::laprop>("paper.txt", "laprop_other");
    follows<zoo::laprop>("paper.txt", "laprop_decay");
}
