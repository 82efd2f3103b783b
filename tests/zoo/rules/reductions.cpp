#include "zoo/any_optimizer.hpp"

#include <furl/zoo/cautious_adamw.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/lars.hpp>
#include <furl/zoo/mars.hpp>
#include <furl/zoo/novograd.hpp>
#include <furl/zoo/stable_adamw.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<lars, lars_clip, lars_nesterov, lars_optax, lars_optax_nesterov, lamb, lamb_apex,
    novograd, stable_adamw, cautious_adamw, mars> rules;

}  // namespace
