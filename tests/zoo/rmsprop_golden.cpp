#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/rmsprop_keras.hpp>
#include <furl/zoo/rmsprop_tf.hpp>

using namespace furl;
using furl::tests::climbing;
using furl::tests::follows;
using furl::tests::l2;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::rmsprop_tf>(3, 2, 1, 1, 1));
static_assert(one_pass<zoo::rmsprop_tf_centered>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::rmsprop_tf_momentum>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::rmsprop_tf_centered_momentum>(5, 4, 3, 1, 1));
static_assert(one_pass<zoo::rmsprop_keras>(3, 2, 1, 1, 1));
static_assert(one_pass<zoo::rmsprop_keras_momentum>(4, 3, 2, 1, 1));

TEST_CASE("RMSprop with weight decay and maximize follows PyTorch") {
    follows<l2<zoo::rmsprop>>("torch.txt", "rmsprop_decay");
    follows<climbing<zoo::rmsprop>>("torch.txt", "rmsprop_maximize", {"maximize"});
    follows<l2<zoo::rmsprop_centered>>("torch.txt", "rmsprop_centered_other", {"centered"});
    follows<l2<zoo::rmsprop_momentum>>("torch.txt", "rmsprop_momentum_other");
    follows<climbing<l2<zoo::rmsprop_centered_momentum>>>("torch.txt", "rmsprop_centered_momentum_other",
                                                          {"centered", "maximize"});
}

TEST_CASE("RMSprop in the dialects of TensorFlow and Keras follows their formulas") {
    follows<zoo::rmsprop_tf>("paper.txt", "rmsprop_tf", {"initial"});
    follows<l2<zoo::rmsprop_tf>>("paper.txt", "rmsprop_tf_other", {"initial"});
    follows<zoo::rmsprop_tf_momentum>("paper.txt", "rmsprop_tf_momentum", {"initial"});
    follows<zoo::rmsprop_tf_centered>("paper.txt", "rmsprop_tf_centered", {"initial", "centered"});
    follows<zoo::rmsprop_tf_centered_momentum>("paper.txt", "rmsprop_tf_centered_momentum", {"initial", "centered"});
    follows<zoo::rmsprop_keras_momentum>("paper.txt", "rmsprop_tf_initial_zero");
    follows<zoo::rmsprop_keras_centered>("paper.txt", "rmsprop_tf_initial_zero_centered", {"centered"});
    follows<zoo::rmsprop_keras_centered_momentum>("paper.txt", "rmsprop_tf_initial_zero_centered_momentum", {"centered"});
}
