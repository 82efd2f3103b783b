#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adam.hpp>
#include <furl/zoo/adam_eps_hat.hpp>
#include <furl/zoo/adamax.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/amsgrad.hpp>
#include <furl/zoo/nadam.hpp>
#include <furl/zoo/radam.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adam, adam_eps_hat, adam_eps_inside, adamw, adamw_keras, amsgrad, amsgrad_keras,
    amsgrad_optax, adamw_amsgrad, adamax, adamax_keras, nadam, nadam_decoupled, nadam_optax, nadamw_optax,
    radam, radam_optax> rules;

}  // namespace
