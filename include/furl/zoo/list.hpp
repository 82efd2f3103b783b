#pragma once

#include <furl/zoo/zoo.hpp>

#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

namespace furl::zoo {

/// Every rule of the zoo that needs no matrix engine, as a Hana tuple of types, for programs that go through all of them.
inline constexpr auto all = hana::tuple_t<
    accsgd, adabelief, adabelief_amsgrad, adabound, adadelta, adafactor, adafactor_momentum, adafactor_optax,
    adafactor_unfactored, adagrad, adagrad_optax, adahessian, adahessian_power, adai, adam, adam_atan2,
    adam_eps_hat, adam_eps_inside, adam_mini, adamax, adamax_keras, adamc, adamod, adamp, adamp_nesterov, adamw,
    adamw_amsgrad, adamw_keras, adan, adan_decoupled, adapnm, addsign, addsign_linear, ademamix, adopt,
    adopt_decoupled, aggmo, alig, alig_momentum, amsbound, amsgrad, amsgrad_keras, amsgrad_optax, ano, asgd,
    avagrad, barzilai_borwein, barzilai_borwein_short, came, came_unfactored, cautious_adamw, cocob, dadapt_adamw,
    dadapt_adamw_optax, diffgrad, dog, dowg, fromage, ftml, ftrl, ftrl_keras, grams, heavy_ball, kate, lamb,
    lamb_apex, laprop, lars, lars_clip, lars_nesterov, lars_optax, lars_optax_nesterov, ldog, lion, lion_refined,
    lion_tanh, madgrad, madgrad_decoupled, mars, momentum, momo, momo_adam, momo_adam_star, momo_star, msvag,
    nadam, nadam_decoupled, nadam_optax, nadamw_optax, nero, nero_unconstrained, nesterov, novograd,
    optimistic_adam, optimistic_gd, padam, partial_rowwise_adam, partial_rowwise_lamb, pid, pnm, polyak_sgd,
    powersign, powersign_linear, prodigy, prodigy_optax, qhadam, qhm, racs, radam, radam_optax, rmsprop,
    rmsprop_centered, rmsprop_centered_momentum, rmsprop_keras, rmsprop_keras_centered,
    rmsprop_keras_centered_momentum, rmsprop_keras_momentum, rmsprop_momentum, rmsprop_tf, rmsprop_tf_centered,
    rmsprop_tf_centered_momentum, rmsprop_tf_momentum, rowwise_adagrad, rowwise_lamb, rprop, schedule_free_adamw,
    schedule_free_radam, schedule_free_sgd, scion_column, scion_row, scion_sign, sgd, sgd_momentum, sgd_nesterov,
    sgdp, sgdp_nesterov, signsgd, signum, simplified_ademamix, sm3, smorms3, sophia_g, sophia_h, sps, sps_smooth,
    stable_adamw, swats, tiger, weight_norm_sgd, yogi, yogi_paper>;

}  // namespace furl::zoo
