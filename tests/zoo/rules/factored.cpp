#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adafactor.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adafactor, adafactor_unfactored, adafactor_optax, adafactor_momentum> rules;

}  // namespace
