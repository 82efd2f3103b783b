#include "zoo/golden.hpp"

#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/heavy_ball.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/nesterov.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

using namespace furl;
using furl::tests::follows;

TEST_CASE("gradient descent and its momenta follow PyTorch") {
    follows<zoo::sgd>("torch.txt", "sgd");
    follows<zoo::sgd_momentum>("torch.txt", "sgd_momentum");
    follows<zoo::sgd_momentum>("torch.txt", "sgd_momentum_other");
    follows<zoo::sgd_momentum>("torch.txt", "sgd_dampening");
    follows<zoo::sgd_nesterov>("torch.txt", "sgd_nesterov", {"nesterov"});
}

TEST_CASE("momentum, heavy ball and Nesterov follow their papers") {
    follows<zoo::momentum>("paper.txt", "momentum");
    follows<zoo::momentum>("paper.txt", "momentum_other");
    follows<zoo::heavy_ball>("paper.txt", "heavy_ball");
    follows<zoo::heavy_ball>("paper.txt", "heavy_ball_other");
    follows<zoo::nesterov>("paper.txt", "nesterov");
    follows<zoo::nesterov>("paper.txt", "nesterov_other");
}

TEST_CASE("AdaGrad and RMSprop follow PyTorch") {
    follows<zoo::adagrad>("torch.txt", "adagrad");
    follows<zoo::adagrad>("torch.txt", "adagrad_lr_decay");
    follows<zoo::adagrad>("torch.txt", "adagrad_eps");
    follows<zoo::rmsprop>("torch.txt", "rmsprop");
    follows<zoo::rmsprop>("torch.txt", "rmsprop_other");
    follows<zoo::rmsprop_centered>("torch.txt", "rmsprop_centered", {"centered"});
    follows<zoo::rmsprop_momentum>("torch.txt", "rmsprop_momentum");
    follows<zoo::rmsprop_centered_momentum>("torch.txt", "rmsprop_centered_momentum", {"centered"});
}

TEST_CASE("Adam and AdamW follow PyTorch; with epsilon inside the root, the formula") {
    follows<zoo::adam>("torch.txt", "adam");
    follows<zoo::adam>("torch.txt", "adam_other");
    follows<zoo::adam>("paper.txt", "adam_other");
    follows<zoo::adam_eps_inside>("paper.txt", "adam_eps_inside");
    follows<zoo::adam_eps_inside>("paper.txt", "adam_eps_inside_other");
    follows<zoo::adam_eps_inside>("paper.txt", "adam_eps_inside_large_eps");
    follows<zoo::adamw>("torch.txt", "adamw");
    follows<zoo::adamw>("torch.txt", "adamw_decay");
    follows<zoo::adamw>("torch.txt", "adamw_other");
    follows<zoo::adamw>("torch.txt", "adamw_no_decay");
}
