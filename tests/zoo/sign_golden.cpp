#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/addsign.hpp>
#include <furl/zoo/lion.hpp>
#include <furl/zoo/powersign.hpp>
#include <furl/zoo/signsgd.hpp>
#include <furl/zoo/signum.hpp>
#include <furl/zoo/tiger.hpp>

using namespace furl;
using furl::tests::follows;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::signsgd>(2, 1, 0));
static_assert(one_pass<zoo::signum>(3, 2, 1));
static_assert(one_pass<zoo::tiger>(3, 2, 1));
static_assert(one_pass<zoo::lion>(3, 2, 1));
static_assert(one_pass<zoo::lion_tanh>(3, 2, 1, 0, 0, 1));
static_assert(one_pass<zoo::lion_refined>(3, 2, 1));
static_assert(one_pass<zoo::powersign>(3, 2, 1));
static_assert(one_pass<zoo::powersign_linear>(3, 2, 1));
static_assert(one_pass<zoo::addsign>(3, 2, 1));
static_assert(one_pass<zoo::addsign_linear>(3, 2, 1));

TEST_CASE("the sign methods follow their papers") {
    follows<zoo::signsgd>("paper.txt", "signsgd");
    follows<zoo::signsgd>("paper.txt", "signsgd_other");
    follows<zoo::signum>("paper.txt", "signum");
    follows<zoo::signum>("paper.txt", "signum_other");
    follows<zoo::tiger>("paper.txt", "tiger");
    follows<zoo::tiger>("paper.txt", "tiger_other");
    follows<zoo::lion>("paper.txt", "lion");
    follows<zoo::lion>("paper.txt", "lion_other");
    follows<zoo::lion>("paper.txt", "lion_decay");
    follows<zoo::lion_tanh>("paper.txt", "lion_tanh");
    follows<zoo::lion_tanh>("paper.txt", "lion_tanh_other");
    follows<zoo::lion_refined>("paper.txt", "lion_refined");
    follows<zoo::lion_refined>("paper.txt", "lion_refined_other");
    follows<zoo::powersign>("paper.txt", "powersign");
    follows<zoo::powersign>("paper.txt", "powersign_other");
    follows<zoo::powersign_linear>("paper.txt", "powersign_linear");
    follows<zoo::addsign>("paper.txt", "addsign");
    follows<zoo::addsign>("paper.txt", "addsign_other");
    follows<zoo::addsign_linear>("paper.txt", "addsign_linear");
}
