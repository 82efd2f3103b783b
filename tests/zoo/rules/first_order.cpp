#include "zoo/any_optimizer.hpp"

#include <furl/zoo/addsign.hpp>
#include <furl/zoo/aggmo.hpp>
#include <furl/zoo/asgd.hpp>
#include <furl/zoo/heavy_ball.hpp>
#include <furl/zoo/lion.hpp>
#include <furl/zoo/momentum.hpp>
#include <furl/zoo/nesterov.hpp>
#include <furl/zoo/pid.hpp>
#include <furl/zoo/powersign.hpp>
#include <furl/zoo/qhm.hpp>
#include <furl/zoo/rprop.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>
#include <furl/zoo/signsgd.hpp>
#include <furl/zoo/signum.hpp>
#include <furl/zoo/tiger.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<sgd, momentum, nesterov, heavy_ball, sgd_momentum, sgd_nesterov, signsgd, signum,
    tiger, lion, lion_refined, lion_tanh, qhm, aggmo, asgd, rprop, pid, powersign, powersign_linear, addsign,
    addsign_linear> rules;

}  // namespace
