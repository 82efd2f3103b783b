#include "zoo/any_optimizer.hpp"

#include <furl/zoo/alig.hpp>
#include <furl/zoo/momo.hpp>
#include <furl/zoo/momo_adam.hpp>
#include <furl/zoo/polyak_sgd.hpp>
#include <furl/zoo/sps.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<alig, alig_momentum, momo, momo_star, momo_adam, momo_adam_star, polyak_sgd, sps,
                            sps_smooth>
    rules;

}  // namespace
