#pragma once

#include <string_view>

// Every optimizer of the zoo, a row each: what a step moves, and how far its result may be from the reference. It needs
// nothing of furl, so that documents can be made of it. The numbers of the first columns are asserted at compile time; the
// budgets are tested (FURL_MEASURE=1 prints what is measured).
namespace furl::tests {

struct zoo_row {
    std::string_view rule;
    int passes = 0;           ///< over memory
    int loads = 0;            ///< values read per parameter, all passes
    int stores = 0;           ///< values written per parameter
    int states = 0;           ///< buffers of one value per parameter
    int scalars = 0;          ///< states of one value per tensor or per step that the rule defines
    /// After 100 steps with all hyperparameters changed after 50, how far the fused parameters may be from those of the
    /// reference, which computes as written in double: in units of the last place of float or double at the largest
    /// magnitude that the parameter has had. Twice what was measured, or more; large where a rule divides by a difference of
    /// nearly equal numbers, or grows its step length out of one.
    double float_ulps = 0, double_ulps = 0;
    int lines = 0;  ///< states of one value per row or per column
};

inline constexpr zoo_row zoo_table[]{
    // rule, passes, loads, stores, states, scalars, float_ulps, double_ulps, lines
    {"accsgd", 1, 3, 2, 1, 0, 50, 20},
    {"adabelief", 1, 4, 3, 2, 0, 100, 30},
    {"adabelief_amsgrad", 1, 5, 4, 3, 0, 50, 30},
    {"adabound", 1, 4, 3, 2, 0, 30, 20},
    {"adadelta", 1, 4, 3, 2, 0, 20, 20},
    {"adafactor", 3, 5, 1, 0, 0, 50, 15, 2},
    {"adafactor_momentum", 3, 6, 2, 1, 0, 30, 30, 2},
    {"adafactor_optax", 3, 5, 1, 0, 0, 20, 15, 2},
    {"adafactor_unfactored", 2, 6, 2, 1, 0, 50, 15},
    {"adagrad", 1, 3, 2, 1, 0, 15, 10},
    {"adagrad_optax", 1, 3, 2, 1, 0, 30, 10},
    {"adahessian", 1, 5, 3, 2, 0, 50, 20},
    {"adahessian_power", 1, 5, 3, 2, 0, 100, 30},
    {"adai", 2, 7, 4, 3, 0, 20, 15},
    {"adam", 1, 4, 3, 2, 0, 30, 15},
    {"adam_atan2", 1, 4, 3, 2, 0, 30, 15},
    {"adam_eps_hat", 1, 4, 3, 2, 0, 30, 15},
    {"adam_eps_inside", 1, 4, 3, 2, 0, 30, 30},
    {"adam_mini", 1, 3, 2, 1, 0, 30, 15, 1},
    {"adamax", 1, 4, 3, 2, 0, 30, 20},
    {"adamax_keras", 1, 4, 3, 2, 0, 30, 50},
    {"adamc", 1, 4, 3, 2, 0, 50, 30},
    {"adamod", 1, 5, 4, 3, 0, 50, 20},
    {"adamp", 2, 8, 3, 2, 0, 30, 20},
    {"adamp_nesterov", 2, 8, 3, 2, 0, 30, 20},
    {"adamw", 1, 4, 3, 2, 0, 100, 30},
    {"adamw_amsgrad", 1, 5, 4, 3, 0, 100, 30},
    {"adamw_keras", 1, 4, 3, 2, 0, 50, 15},
    {"adan", 1, 6, 5, 4, 0, 100, 50},
    {"adan_decoupled", 1, 6, 5, 4, 0, 50, 20},
    {"adapnm", 1, 6, 5, 4, 0, 20, 30},
    {"addsign", 1, 3, 2, 1, 0, 20, 10},
    {"addsign_linear", 1, 3, 2, 1, 0, 20, 10},
    {"ademamix", 1, 5, 4, 3, 0, 50, 20},
    {"adopt", 1, 4, 3, 2, 0, 100, 20},
    {"adopt_decoupled", 1, 4, 3, 2, 0, 100, 20},
    {"aggmo", 1, 5, 4, 3, 0, 20, 30},
    {"alig", 2, 3, 1, 0, 0, 20, 15},
    {"alig_momentum", 2, 4, 2, 1, 0, 30, 15},
    {"amsbound", 1, 5, 4, 3, 0, 30, 20},
    {"amsgrad", 1, 5, 4, 3, 0, 20, 20},
    {"amsgrad_keras", 1, 5, 4, 3, 0, 30, 15},
    {"amsgrad_optax", 1, 5, 4, 3, 0, 20, 20},
    {"ano", 1, 4, 3, 2, 0, 30, 15},
    {"asgd", 1, 3, 2, 1, 0, 100, 15},
    {"avagrad", 2, 5, 3, 2, 0, 100, 30},
    {"barzilai_borwein", 2, 6, 3, 2, 1, 100, 200},
    {"barzilai_borwein_short", 2, 6, 3, 2, 1, 10, 10},
    {"came", 4, 7, 2, 1, 0, 100, 30, 4},
    {"came_unfactored", 2, 6, 3, 2, 0, 100, 30},
    {"cautious_adamw", 2, 6, 3, 2, 0, 50, 15},
    {"cocob", 1, 7, 6, 5, 0, 20, 10},
    {"dadapt_adamw", 2, 8, 4, 3, 2, 50, 100},
    {"dadapt_adamw_optax", 2, 8, 4, 3, 2, 50, 20},
    {"diffgrad", 1, 5, 4, 3, 0, 30, 15},
    {"dog", 2, 6, 2, 1, 2, 100, 10},
    {"dowg", 2, 6, 2, 1, 2, 100, 100},
    {"fromage", 2, 4, 1, 0, 0, 50, 10},
    {"ftml", 1, 5, 4, 3, 0, 50, 50},
    {"ftrl", 1, 4, 3, 2, 0, 20, 20},
    {"ftrl_keras", 1, 4, 3, 2, 0, 50, 50},
    {"grams", 1, 4, 3, 2, 0, 50, 15},
    {"heavy_ball", 1, 3, 2, 1, 0, 150, 150},
    {"kate", 1, 4, 3, 2, 0, 30, 10},
    {"lamb", 2, 8, 3, 2, 0, 20, 15},
    {"lamb_apex", 3, 10, 3, 2, 0, 20, 30},
    {"laprop", 1, 4, 3, 2, 0, 30, 15},
    {"lars", 2, 5, 2, 1, 0, 30, 10},
    {"lars_clip", 2, 5, 2, 1, 0, 30, 20},
    {"lars_nesterov", 2, 5, 2, 1, 0, 30, 10},
    {"lars_optax", 2, 5, 2, 1, 0, 30, 10},
    {"lars_optax_nesterov", 2, 5, 2, 1, 0, 20, 10},
    {"ldog", 2, 6, 2, 1, 2, 100, 10},
    {"lion", 1, 3, 2, 1, 0, 50, 10},
    {"lion_refined", 1, 3, 2, 1, 0, 50, 15},
    {"lion_tanh", 1, 3, 2, 1, 0, 50, 20},
    {"madgrad", 1, 5, 4, 3, 0, 15, 20},
    {"madgrad_decoupled", 1, 5, 4, 3, 0, 20, 20},
    {"mars", 2, 7, 4, 3, 0, 100, 30},
    {"momentum", 1, 3, 2, 1, 0, 20, 20},
    {"momo", 2, 6, 2, 1, 2, 50, 50},
    {"momo_adam", 2, 8, 3, 2, 2, 50, 50},
    {"momo_adam_star", 2, 8, 3, 2, 3, 50, 50},
    {"momo_star", 2, 6, 2, 1, 3, 50, 50},
    {"msvag", 1, 4, 3, 2, 0, 15000, 100000},
    {"nadam", 1, 4, 3, 2, 1, 20, 20},
    {"nadam_decoupled", 1, 4, 3, 2, 1, 100, 15},
    {"nadam_optax", 1, 4, 3, 2, 0, 20, 20},
    {"nadamw_optax", 1, 4, 3, 2, 0, 100, 20},
    {"nero", 1, 2, 1, 0, 0, 150, 100, 1},
    {"nero_unconstrained", 2, 4, 1, 0, 1, 20, 15, 1},
    {"nesterov", 1, 3, 2, 1, 0, 20, 20},
    {"novograd", 2, 4, 2, 1, 1, 20, 15},
    {"optimistic_adam", 1, 5, 4, 3, 0, 30, 15},
    {"optimistic_gd", 1, 3, 2, 1, 0, 15, 15},
    {"padam", 1, 5, 4, 3, 0, 30, 30},
    {"partial_rowwise_adam", 1, 3, 2, 1, 0, 30, 20, 1},
    {"partial_rowwise_lamb", 1, 3, 2, 1, 0, 30, 30, 1},
    {"pid", 1, 5, 4, 3, 0, 30, 15},
    {"pnm", 1, 4, 3, 2, 0, 20, 20},
    {"polyak_sgd", 2, 3, 1, 0, 0, 15, 10},
    {"powersign", 1, 3, 2, 1, 0, 15, 10},
    {"powersign_linear", 1, 3, 2, 1, 0, 15, 10},
    {"prodigy", 2, 10, 5, 4, 2, 10000, 200},
    {"prodigy_optax", 2, 10, 5, 4, 2, 3000, 10},
    {"qhadam", 1, 4, 3, 2, 0, 30, 20},
    {"qhm", 1, 3, 2, 1, 0, 20, 20},
    {"racs", 8, 9, 1, 0, 1, 20, 15, 2},
    {"radam", 1, 4, 3, 2, 0, 20, 20},
    {"radam_optax", 1, 4, 3, 2, 0, 20, 20},
    {"rmsprop", 1, 3, 2, 1, 0, 15, 15},
    {"rmsprop_centered", 1, 4, 3, 2, 0, 20, 20},
    {"rmsprop_centered_momentum", 1, 5, 4, 3, 0, 20, 30},
    {"rmsprop_keras", 1, 3, 2, 1, 0, 20, 15},
    {"rmsprop_keras_centered", 1, 4, 3, 2, 0, 20, 10},
    {"rmsprop_keras_centered_momentum", 1, 5, 4, 3, 0, 30, 20},
    {"rmsprop_keras_momentum", 1, 4, 3, 2, 0, 20, 20},
    {"rmsprop_momentum", 1, 4, 3, 2, 0, 30, 30},
    {"rmsprop_tf", 1, 3, 2, 1, 0, 30, 10},
    {"rmsprop_tf_centered", 1, 4, 3, 2, 0, 20, 15},
    {"rmsprop_tf_centered_momentum", 1, 5, 4, 3, 0, 30, 50},
    {"rmsprop_tf_momentum", 1, 4, 3, 2, 0, 30, 50},
    {"rowwise_adagrad", 1, 2, 1, 0, 0, 30, 10, 1},
    {"rowwise_lamb", 1, 4, 3, 2, 0, 30, 15},
    {"rprop", 1, 4, 3, 2, 0, 20, 10},
    {"schedule_free_adamw", 1, 4, 3, 2, 2, 20, 15},
    {"schedule_free_radam", 1, 4, 3, 2, 2, 20, 20},
    {"schedule_free_sgd", 1, 3, 2, 1, 2, 20, 10},
    {"scion_column", 2, 5, 2, 1, 0, 150, 50},
    {"scion_row", 1, 3, 2, 1, 0, 50, 30},
    {"scion_sign", 1, 3, 2, 1, 0, 100, 10},
    {"sgd", 1, 2, 1, 0, 0, 20, 10},
    {"sgd_momentum", 1, 3, 2, 1, 0, 30, 10},
    {"sgd_nesterov", 1, 3, 2, 1, 0, 30, 30},
    {"sgdp", 2, 6, 2, 1, 0, 50, 10},
    {"sgdp_nesterov", 2, 6, 2, 1, 0, 50, 10},
    {"signsgd", 1, 2, 1, 0, 0, 15, 10},
    {"signum", 1, 3, 2, 1, 0, 50, 10},
    {"simplified_ademamix", 1, 4, 3, 2, 0, 50, 50},
    {"sm3", 2, 4, 2, 1, 0, 50, 30, 2},
    {"smorms3", 1, 5, 4, 3, 0, 100, 50},
    {"sophia_g", 1, 5, 3, 2, 0, 300, 30},
    {"sophia_h", 1, 5, 3, 2, 0, 500, 50},
    {"sps", 2, 3, 1, 0, 0, 15, 10},
    {"sps_smooth", 2, 3, 1, 0, 1, 20, 10},
    {"stable_adamw", 2, 6, 3, 2, 0, 100, 50},
    {"swats", 2, 8, 4, 3, 2, 30, 10},
    {"tiger", 1, 3, 2, 1, 0, 100, 10},
    {"weight_norm_sgd", 1, 2, 1, 0, 0, 600, 600, 1},
    {"yogi", 1, 4, 3, 2, 0, 20, 20},
    {"yogi_paper", 1, 4, 3, 2, 0, 30, 30},
};

/// The rules that need a matrix engine, as those above. Their budgets are for the matrices of tests/matrix/properties.cpp: the
/// iteration of orthogonalize lifts small singular values, and with them the rounding.
inline constexpr zoo_row matrix_table[]{
    {"adamuon", 3, 9, 4, 2, 0, 50, 10},
    {"adamuon_first", 3, 9, 4, 2, 0, 100, 100},
    {"muon", 2, 6, 3, 1, 0, 100, 150},
    {"muon_moonlight", 2, 6, 3, 1, 0, 100, 100},
    {"muon_torch", 2, 6, 3, 1, 0, 100, 100},
    {"muon_torch_rms", 2, 6, 3, 1, 0, 100, 100},
    {"normuon", 3, 7, 3, 1, 0, 100, 150, 1},
    {"scion_spectral", 2, 6, 3, 1, 0, 100, 100},
};

/// The row of a rule; an empty one where there is none.
constexpr zoo_row row_of(std::string_view rule) {
    for (const auto& row : zoo_table)
        if (row.rule == rule) return row;
    for (const auto& row : matrix_table)
        if (row.rule == rule) return row;
    return {};
}

}  // namespace furl::tests
