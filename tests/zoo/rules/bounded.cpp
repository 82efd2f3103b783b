#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adabound.hpp>
#include <furl/zoo/adahessian.hpp>
#include <furl/zoo/adam_atan2.hpp>
#include <furl/zoo/adamod.hpp>
#include <furl/zoo/diffgrad.hpp>
#include <furl/zoo/grams.hpp>
#include <furl/zoo/msvag.hpp>
#include <furl/zoo/padam.hpp>
#include <furl/zoo/qhadam.hpp>
#include <furl/zoo/sophia.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adabound, amsbound, adam_atan2, adamod, diffgrad, grams, msvag, padam, qhadam,
    sophia_g, sophia_h, adahessian, adahessian_power> rules;

}  // namespace
