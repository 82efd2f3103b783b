#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/accsgd.hpp>
#include <furl/zoo/adai.hpp>
#include <furl/zoo/adamc.hpp>
#include <furl/zoo/ano.hpp>
#include <furl/zoo/avagrad.hpp>
#include <furl/zoo/cocob.hpp>
#include <furl/zoo/fromage.hpp>
#include <furl/zoo/ftml.hpp>
#include <furl/zoo/kate.hpp>
#include <furl/zoo/optimistic_adam.hpp>
#include <furl/zoo/optimistic_gd.hpp>
#include <furl/zoo/pnm.hpp>
#include <furl/zoo/simplified_ademamix.hpp>
#include <furl/zoo/swats.hpp>

using namespace furl;
using furl::tests::follows;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::accsgd>(3, 2, 1));
static_assert(one_pass<zoo::adapnm>(6, 5, 4, 1, 1));
static_assert(one_pass<zoo::cocob>(7, 6, 5, 1));
static_assert(one_pass<zoo::optimistic_gd>(3, 2, 1));
static_assert(one_pass<zoo::pnm>(4, 3, 2));
static_assert(one_pass<zoo::ano>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::optimistic_adam>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::adamc>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::simplified_ademamix>(4, 3, 2, 1, 1));

TEST_CASE("AccSGD, Fromage and KATE follow their authors") {
    follows<zoo::accsgd>("paper.txt", "accsgd");
    follows<zoo::accsgd>("paper.txt", "accsgd_other");
    follows<zoo::fromage>("paper.txt", "fromage");
    follows<zoo::fromage>("paper.txt", "fromage_other");
    follows<zoo::kate>("paper.txt", "kate");
    follows<zoo::kate>("paper.txt", "kate_other");
}

TEST_CASE("Ano, AvaGrad and FTML follow their papers") {
    follows<zoo::ano>("paper.txt", "ano");
    follows<zoo::ano>("paper.txt", "ano_other");
    follows<zoo::avagrad>("paper.txt", "avagrad");
    follows<zoo::avagrad>("paper.txt", "avagrad_other");
    follows<zoo::ftml>("paper.txt", "ftml");
    follows<zoo::ftml>("paper.txt", "ftml_other");
}

TEST_CASE("optimistic Adam, AdamC and simplified AdEMAMix follow their papers") {
    follows<zoo::optimistic_adam>("paper.txt", "optimistic_adam");
    follows<zoo::optimistic_adam>("paper.txt", "optimistic_adam_other");
    follows<zoo::adamc>("paper.txt", "adamc");
    follows<zoo::adamc>("paper.txt", "adamc_other");
    follows<zoo::simplified_ademamix>("paper.txt", "simplified_ademamix");
    follows<zoo::simplified_ademamix>("paper.txt", "simplified_ademamix_other");
}

TEST_CASE("Adai, COCOB, PNM and AdaPNM follow their papers") {
    follows<zoo::adai>("paper.txt", "adai");
    follows<zoo::adai>("paper.txt", "adai_other");
    follows<zoo::cocob>("paper.txt", "cocob");
    follows<zoo::cocob>("paper.txt", "cocob_other");
    follows<zoo::pnm>("paper.txt", "pnm");
    follows<zoo::pnm>("paper.txt", "pnm_other");
    follows<zoo::adapnm>("paper.txt", "adapnm");
    follows<zoo::adapnm>("paper.txt", "adapnm_other");
}

TEST_CASE("optimistic gradient descent follows its paper") {
    follows<zoo::optimistic_gd>("paper.txt", "optimistic_gd");
    follows<zoo::optimistic_gd>("paper.txt", "optimistic_gd_other");
}

TEST_CASE("SWATS follows its paper, before its switch and after it") {
    follows<zoo::swats>("paper.txt", "swats");
    follows<zoo::swats>("paper.txt", "swats_soon");
    follows<zoo::swats>("paper.txt", "swats_other");
}
