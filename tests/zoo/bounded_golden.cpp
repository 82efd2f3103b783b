#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/adabound.hpp>
#include <furl/zoo/adam_atan2.hpp>
#include <furl/zoo/adamod.hpp>
#include <furl/zoo/diffgrad.hpp>
#include <furl/zoo/grams.hpp>
#include <furl/zoo/msvag.hpp>
#include <furl/zoo/padam.hpp>
#include <furl/zoo/qhadam.hpp>

using namespace furl;
using furl::tests::follows;
using furl::tests::l2;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::padam>(5, 4, 3, 1, 1, 1));
static_assert(one_pass<zoo::adamod>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::adabound>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::amsbound>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::diffgrad>(5, 4, 3, 2, 1, 1));
static_assert(one_pass<zoo::qhadam>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::msvag>(4, 3, 2, 1));
static_assert(one_pass<zoo::grams>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::adam_atan2>(4, 3, 2, 0, 1, 1));

TEST_CASE("the methods that bound Adam's step follow their papers") {
    follows<zoo::padam>("paper.txt", "padam");
    follows<l2<zoo::padam>>("paper.txt", "padam_other");
    follows<zoo::padam>("paper.txt", "padam_eighth");
    follows<zoo::adamod>("paper.txt", "adamod");
    follows<zoo::adamod>("paper.txt", "adamod_other");
    follows<zoo::adabound>("paper.txt", "adabound");
    follows<l2<zoo::adabound>>("paper.txt", "adabound_other");
    follows<zoo::amsbound>("paper.txt", "amsbound");
    follows<l2<zoo::amsbound>>("paper.txt", "amsbound_other");
    follows<zoo::adam_atan2>("paper.txt", "adam_atan2");
    follows<zoo::adam_atan2>("paper.txt", "adam_atan2_other");
}

TEST_CASE("diffGrad, QHAdam and Grams follow their papers") {
    follows<zoo::diffgrad>("paper.txt", "diffgrad");
    follows<l2<zoo::diffgrad>>("paper.txt", "diffgrad_other");
    follows<zoo::qhadam>("paper.txt", "qhadam");
    follows<l2<zoo::qhadam>>("paper.txt", "qhadam_other");
    follows<zoo::grams>("paper.txt", "grams");
    follows<zoo::grams>("paper.txt", "grams_other");
}

TEST_CASE("M-SVAG follows its paper") {
    follows<zoo::msvag>("paper.txt", "msvag");
    follows<zoo::msvag>("paper.txt", "msvag_other");
}
