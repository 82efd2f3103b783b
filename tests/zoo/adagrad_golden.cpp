#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/adadelta.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adagrad_optax.hpp>
#include <furl/zoo/ftrl.hpp>
#include <furl/zoo/madgrad.hpp>
#include <furl/zoo/smorms3.hpp>

using namespace furl;
using furl::tests::climbing;
using furl::tests::follows;
using furl::tests::l2;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::adagrad_optax>(3, 2, 1, 1, 1));
static_assert(one_pass<zoo::adadelta>(4, 3, 2, 1, 2));
static_assert(one_pass<zoo::smorms3>(5, 4, 3, 3, 1));
static_assert(one_pass<zoo::ftrl>(4, 3, 2, 1, 2));
static_assert(one_pass<zoo::madgrad>(5, 4, 3, 1, 0, 1));
static_assert(one_pass<zoo::madgrad_decoupled>(5, 4, 3, 1, 0, 1));

namespace {

/// PyTorch's Adagrad(initial_accumulator_value=...).
struct adagrad_initial : zoo::adagrad {
    static constexpr auto initial = hyper<"initial_accumulator_value">(0.0);
    static constexpr auto s = accumulate<"s">(square(grad), initial);

    static constexpr auto update = param - lr / (1 + (step - 1) * lr_decay) * safe_divide(grad, sqrt(s), eps);
};

}  // namespace

TEST_CASE("AdaGrad with weight decay, an initial sum and maximize follows PyTorch") {
    follows<adagrad_initial>("torch.txt", "adagrad_initial");
    follows<l2<zoo::adagrad>>("torch.txt", "adagrad_decay");
    follows<climbing<l2<adagrad_initial>>>("torch.txt", "adagrad_all", {"maximize"});
}

TEST_CASE("AdaGrad in optax's dialect follows its formula") {
    follows<zoo::adagrad_optax>("paper.txt", "adagrad_optax");
    follows<zoo::adagrad_optax>("paper.txt", "adagrad_optax_other");
}

TEST_CASE("AdaDelta follows PyTorch") {
    follows<zoo::adadelta>("torch.txt", "adadelta");
    follows<zoo::adadelta>("torch.txt", "adadelta_other");
    follows<l2<zoo::adadelta>>("torch.txt", "adadelta_decay");
    follows<climbing<zoo::adadelta>>("torch.txt", "adadelta_maximize", {"maximize"});
}

TEST_CASE("SMORMS3, FTRL and MADGRAD follow their papers") {
    follows<zoo::smorms3>("paper.txt", "smorms3");
    follows<zoo::smorms3>("paper.txt", "smorms3_other");
    follows<zoo::ftrl>("paper.txt", "ftrl");
    follows<zoo::ftrl>("paper.txt", "ftrl_other");
    follows<zoo::ftrl_keras>("paper.txt", "ftrl_keras");
    follows<zoo::ftrl_keras>("paper.txt", "ftrl_keras_other");
    follows<zoo::madgrad>("paper.txt", "madgrad");
    follows<l2<zoo::madgrad>>("paper.txt", "madgrad_other");
    follows<zoo::madgrad>("paper.txt", "madgrad_no_momentum");
    follows<zoo::madgrad_decoupled>("paper.txt", "madgrad_decoupled", {"decoupled"});
}
