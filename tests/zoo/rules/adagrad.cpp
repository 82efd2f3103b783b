#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adadelta.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adagrad_optax.hpp>
#include <furl/zoo/ftrl.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/rmsprop_keras.hpp>
#include <furl/zoo/rmsprop_tf.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adagrad, adagrad_optax, adadelta, rmsprop, rmsprop_centered,
    rmsprop_centered_momentum, rmsprop_momentum, rmsprop_keras, rmsprop_keras_centered,
    rmsprop_keras_centered_momentum, rmsprop_keras_momentum, rmsprop_tf, rmsprop_tf_centered,
    rmsprop_tf_centered_momentum, rmsprop_tf_momentum, ftrl, ftrl_keras> rules;

}  // namespace
