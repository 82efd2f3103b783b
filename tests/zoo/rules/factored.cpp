#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/came.hpp>
#include <furl/zoo/sm3.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adafactor, adafactor_unfactored, adafactor_optax, adafactor_momentum, came, came_unfactored, sm3> rules;

}  // namespace
