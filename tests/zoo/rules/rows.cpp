#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/adamp.hpp>
#include <furl/zoo/came.hpp>
#include <furl/zoo/nero.hpp>
#include <furl/zoo/rowwise_adagrad.hpp>
#include <furl/zoo/rowwise_adam.hpp>
#include <furl/zoo/scion.hpp>
#include <furl/zoo/sgdp.hpp>
#include <furl/zoo/sm3.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adafactor, adafactor_unfactored, adafactor_optax, adafactor_momentum, came, came_unfactored, sm3,
    adam_mini, rowwise_adagrad, partial_rowwise_adam, partial_rowwise_lamb, rowwise_lamb, adamp, adamp_nesterov, sgdp,
    sgdp_nesterov, nero, nero_unconstrained, scion_sign, scion_column, scion_row> rules;

}  // namespace
