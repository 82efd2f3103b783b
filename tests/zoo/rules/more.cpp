#include "zoo/any_optimizer.hpp"

#include <furl/zoo/accsgd.hpp>
#include <furl/zoo/adai.hpp>
#include <furl/zoo/adamc.hpp>
#include <furl/zoo/ano.hpp>
#include <furl/zoo/avagrad.hpp>
#include <furl/zoo/cocob.hpp>
#include <furl/zoo/fromage.hpp>
#include <furl/zoo/ftml.hpp>
#include <furl/zoo/kate.hpp>
#include <furl/zoo/optimistic_adam.hpp>
#include <furl/zoo/optimistic_gd.hpp>
#include <furl/zoo/pnm.hpp>
#include <furl/zoo/schedule_free.hpp>
#include <furl/zoo/simplified_ademamix.hpp>
#include <furl/zoo/swats.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<accsgd, adai, adamc, adapnm, ano, avagrad, cocob, fromage, ftml, kate, optimistic_adam, optimistic_gd,
    pnm, schedule_free_radam, simplified_ademamix, swats> rules;

}  // namespace
