#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/aggmo.hpp>
#include <furl/zoo/asgd.hpp>
#include <furl/zoo/pid.hpp>
#include <furl/zoo/qhm.hpp>
#include <furl/zoo/rprop.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

using namespace furl;
using furl::tests::climbing;
using furl::tests::follows;
using furl::tests::l2;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::qhm>(3, 2, 1));
static_assert(one_pass<zoo::aggmo>(5, 4, 3));
static_assert(one_pass<zoo::pid>(5, 4, 3));
static_assert(one_pass<zoo::rprop>(4, 3, 2));
static_assert(one_pass<zoo::asgd>(3, 2, 1));

TEST_CASE("PyTorch's weight decay and maximize are modifiers of gradient descent and its momenta") {
    follows<climbing<zoo::sgd>>("torch.txt", "sgd_maximize", {"maximize"});
    follows<l2<zoo::sgd>>("torch.txt", "sgd_decay");
    follows<l2<zoo::sgd_momentum>>("torch.txt", "sgd_momentum_decay");
    follows<climbing<l2<zoo::sgd_momentum>>>("torch.txt", "sgd_dampening_decay_maximize", {"maximize"});
    follows<l2<zoo::sgd_nesterov>>("torch.txt", "sgd_nesterov_decay", {"nesterov"});
    follows<climbing<zoo::sgd_nesterov>>("torch.txt", "sgd_nesterov_maximize", {"nesterov", "maximize"});
}

TEST_CASE("QHM, AggMo and PID follow their papers") {
    follows<zoo::qhm>("paper.txt", "qhm");
    follows<l2<zoo::qhm>>("paper.txt", "qhm_other");
    follows<zoo::aggmo>("paper.txt", "aggmo");
    follows<l2<zoo::aggmo>>("paper.txt", "aggmo_other");
    follows<zoo::pid>("paper.txt", "pid");
    follows<l2<zoo::pid>>("paper.txt", "pid_other");
}

TEST_CASE("Rprop and ASGD follow PyTorch") {
    follows<zoo::rprop>("torch.txt", "rprop");
    follows<zoo::rprop>("torch.txt", "rprop_other");
    follows<climbing<zoo::rprop>>("torch.txt", "rprop_maximize", {"maximize"});
    follows<zoo::asgd>("torch.txt", "asgd");
    follows<zoo::asgd>("torch.txt", "asgd_other");
    follows<l2<zoo::asgd>>("torch.txt", "asgd_decay");
    follows<climbing<zoo::asgd>>("torch.txt", "asgd_maximize", {"maximize"});
}

TEST_CASE("ASGD's average is the parameters until t0, then their mean, as PyTorch's") {
    const auto& all = tests::golden("torch.txt");
    for (const auto* name : {"asgd", "asgd_other"}) {
        CAPTURE(name);
        const auto& run = all.runs.at(name);
        optimizer<zoo::asgd, double> opt(all.start.size());
        for (const auto& key : {"lr", "lambd", "alpha", "t0"})
            for (const auto& [known, value] : run.hyperparameters)
                if (known == key) opt.set(key, value);
        auto parameters = all.start;
        const auto& path = run.tracks.at("ax");
        for (std::size_t t = 0; t < path.size(); ++t) {
            opt.step(parameters, all.streams.at("grad")[t]);
            const auto average = opt.state(zoo::asgd::ax);
            for (std::size_t i = 0; i < average.size(); ++i)
                REQUIRE(average[i] == doctest::Approx(path[t][i]).epsilon(1e-12));
        }
    }
}
