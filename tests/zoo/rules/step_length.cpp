#include "zoo/any_optimizer.hpp"

#include <furl/zoo/barzilai_borwein.hpp>
#include <furl/zoo/dadapt_adamw.hpp>
#include <furl/zoo/dog.hpp>
#include <furl/zoo/dowg.hpp>
#include <furl/zoo/prodigy.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<dog, ldog, dowg, prodigy, prodigy_optax, dadapt_adamw, dadapt_adamw_optax,
    barzilai_borwein, barzilai_borwein_short> rules;

}  // namespace
