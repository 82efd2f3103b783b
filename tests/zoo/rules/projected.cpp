#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adamp.hpp>
#include <furl/zoo/sgdp.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adamp, adamp_nesterov, sgdp, sgdp_nesterov> rules;

}  // namespace
