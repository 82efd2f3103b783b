#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adabelief.hpp>
#include <furl/zoo/adan.hpp>
#include <furl/zoo/ademamix.hpp>
#include <furl/zoo/adopt.hpp>
#include <furl/zoo/laprop.hpp>
#include <furl/zoo/madgrad.hpp>
#include <furl/zoo/schedule_free.hpp>
#include <furl/zoo/smorms3.hpp>
#include <furl/zoo/yogi.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adabelief, adabelief_amsgrad, adan, adan_decoupled, ademamix, adopt,
    adopt_decoupled, laprop, yogi, yogi_paper, madgrad, madgrad_decoupled, smorms3, schedule_free_adamw,
    schedule_free_sgd> rules;

}  // namespace
