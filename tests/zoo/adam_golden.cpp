#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/adam.hpp>
#include <furl/zoo/adam_eps_hat.hpp>
#include <furl/zoo/adamax.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/amsgrad.hpp>

using namespace furl;
using furl::tests::climbing;
using furl::tests::follows;
using furl::tests::l2;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::adam_eps_hat>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::amsgrad>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::amsgrad_optax>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::adamw_amsgrad>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::adamax>(4, 3, 2, 1));

TEST_CASE("Adam and AdamW with weight decay and maximize follow PyTorch") {
    follows<l2<zoo::adam>>("torch.txt", "adam_decay");
    follows<l2<zoo::adam>>("torch.txt", "adam_decay_other");
    follows<climbing<zoo::adam>>("torch.txt", "adam_maximize", {"maximize"});
    follows<climbing<zoo::adamw>>("torch.txt", "adamw_maximize", {"maximize"});
    follows<zoo::adam>("paper.txt", "adam");
}

TEST_CASE("Adam with epsilon hat follows its formula") {
    follows<zoo::adam_eps_hat>("paper.txt", "adam_eps_hat");
    follows<zoo::adam_eps_hat>("paper.txt", "adam_eps_hat_other");
}

TEST_CASE("AMSGrad follows PyTorch, and optax's dialect its formula") {
    follows<zoo::amsgrad>("torch.txt", "adam_amsgrad", {"amsgrad"});
    follows<zoo::amsgrad>("torch.txt", "adam_amsgrad_other", {"amsgrad"});
    follows<climbing<l2<zoo::amsgrad>>>("torch.txt", "adam_amsgrad_decay_maximize", {"amsgrad", "maximize"});
    follows<zoo::adamw_amsgrad>("torch.txt", "adamw_amsgrad", {"amsgrad"});
    follows<zoo::adamw_amsgrad>("torch.txt", "adamw_amsgrad_other", {"amsgrad"});
    follows<zoo::amsgrad_optax>("paper.txt", "amsgrad_optax");
    follows<zoo::amsgrad_optax>("paper.txt", "amsgrad_optax_other");
}

TEST_CASE("Adam's variants in Keras's dialect follow their formulas") {
    follows<zoo::amsgrad_keras>("paper.txt", "amsgrad_keras");
    follows<zoo::amsgrad_keras>("paper.txt", "amsgrad_keras_other");
    follows<zoo::adamw_keras>("paper.txt", "adamw_keras");
    follows<zoo::adamw_keras>("paper.txt", "adamw_keras_other");
    follows<zoo::adamax_keras>("paper.txt", "adamax_keras");
    follows<zoo::adamax_keras>("paper.txt", "adamax_keras_other");
}

TEST_CASE("AdaMax follows PyTorch") {
    follows<zoo::adamax>("torch.txt", "adamax");
    follows<zoo::adamax>("torch.txt", "adamax_other");
    follows<l2<zoo::adamax>>("torch.txt", "adamax_decay");
    follows<climbing<zoo::adamax>>("torch.txt", "adamax_maximize", {"maximize"});
}
