#pragma once

#include <furl/adapt/dlib.hpp>
#include <furl/blocks/blocks.hpp>
#include <furl/zoo/adam_eps_hat.hpp>
#include <furl/zoo/momentum.hpp>

namespace furl::tests {

/// dlib's solvers, as rules.
struct dlib_adam : zoo::adam_eps_hat {
    static constexpr auto update = coupled_weight_decay(zoo::adam_eps_hat::update, hyper<"weight_decay">(5e-4));
};
struct dlib_sgd : zoo::momentum {
    static constexpr auto update = coupled_weight_decay(zoo::momentum::update, hyper<"weight_decay">(5e-4));
};

}  // namespace furl::tests
