#include "zoo/golden.hpp"
#include "zoo/traffic.hpp"

#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/adamp.hpp>
#include <furl/zoo/came.hpp>
#include <furl/zoo/nero.hpp>
#include <furl/zoo/racs.hpp>
#include <furl/zoo/rowwise_adagrad.hpp>
#include <furl/zoo/rowwise_adam.hpp>
#include <furl/zoo/scion.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgdp.hpp>
#include <furl/zoo/sm3.hpp>
#include <furl/zoo/weight_norm_sgd.hpp>

// Rules that see rows and columns, on a matrix of 5 x 7 and on one of 6 x 3.
using namespace furl;
using namespace furl::tests;

namespace {

struct clipped_sgd : zoo::sgd {
    static constexpr auto clip = hyper<"clip">(0.01);
    static constexpr auto eps = hyper<"eps">(1e-3);
    static constexpr auto update = replace(zoo::sgd::update, grad, adaptive_gradient_clipping(grad, clip, eps));
};

struct centralized_sgd : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, centralized_per_row(grad));
};

struct unit_rows_sgd : zoo::sgd {
    static constexpr auto update = unit_rows(zoo::sgd::update);
};

/// Both matrices, with the defaults and with other hyperparameters.
template <class Rule>
void follows_on_matrices(std::initializer_list<std::string> runs, std::initializer_list<std::string_view> chosen = {}) {
    for (const auto* file : {"wide_matrix.txt", "tall_matrix.txt"})
        for (const auto& run : runs) follows<Rule>(file, run, chosen);
}

}  // namespace

static_assert(traffic_of<clipped_sgd> == traffic{.passes = 1, .loads = 2, .stores = 1, .states = 0});
static_assert(traffic_of<unit_rows_sgd> == traffic{.passes = 1, .loads = 2, .stores = 1, .states = 0});
static_assert(traffic_of<centralized_sgd> == traffic{.passes = 1, .loads = 2, .stores = 1, .states = 0});

TEST_CASE("Adafactor follows PyTorch and optax") {
    follows_on_matrices<zoo::adafactor>({"adafactor", "adafactor_other"}, {"factored"});
    follows_on_matrices<zoo::adafactor_unfactored>({"adafactor_unfactored", "adafactor_unfactored_other"}, {"factored"});
    follows_on_matrices<zoo::adafactor_optax>({"adafactor_optax", "adafactor_optax_other"});
    follows_on_matrices<zoo::adafactor_momentum>({"adafactor_optax_momentum", "adafactor_optax_momentum_other"});
}

TEST_CASE("CAME follows its authors") {
    follows_on_matrices<zoo::came>({"came", "came_other"}, {"factored"});
    follows_on_matrices<zoo::came_unfactored>({"came_unfactored", "came_unfactored_other"}, {"factored", "beta3", "eps2"});
}

TEST_CASE("SM3 follows optax") { follows_on_matrices<zoo::sm3>({"sm3", "sm3_other"}); }

TEST_CASE("Adam-mini follows its authors") { follows_on_matrices<zoo::adam_mini>({"adam_mini", "adam_mini_other"}); }

TEST_CASE("rules for tables of embeddings follow FBGEMM") {
    follows_on_matrices<zoo::rowwise_adagrad>({"rowwise_adagrad", "rowwise_adagrad_other"});
    follows_on_matrices<zoo::partial_rowwise_adam>({"partial_rowwise_adam", "partial_rowwise_adam_other"});
    follows_on_matrices<zoo::partial_rowwise_lamb>({"partial_rowwise_lamb", "partial_rowwise_lamb_other"});
    follows_on_matrices<zoo::rowwise_lamb>({"rowwise_lamb", "rowwise_lamb_other"});
}

TEST_CASE("AdamP and SGDP follow their authors, whether they project rows, the matrix, or nothing") {
    follows_on_matrices<zoo::adamp>({"adamp", "adamp_rows", "adamp_some"}, {"nesterov"});
    follows_on_matrices<zoo::adamp_nesterov>({"adamp_nesterov", "adamp_nesterov_some"}, {"nesterov"});
    follows_on_matrices<zoo::sgdp>({"sgdp", "sgdp_rows", "sgdp_some"}, {"nesterov"});
    follows_on_matrices<zoo::sgdp_nesterov>({"sgdp_nesterov", "sgdp_nesterov_some"}, {"nesterov"});
}

TEST_CASE("Nero follows its authors") {
    follows_on_matrices<zoo::nero>({"nero", "nero_other"}, {"constraints"});
    follows_on_matrices<zoo::nero_unconstrained>({"nero_unconstrained", "nero_unconstrained_other"}, {"constraints"});
}

TEST_CASE("RACS follows its paper") { follows_on_matrices<zoo::racs>({"racs", "racs_other"}); }

TEST_CASE("normalized weights follow their papers, as lengths and directions and as rows of length 1") {
    follows_on_matrices<zoo::weight_norm_sgd>({"weight_norm_sgd", "weight_norm_sgd_other"});
    follows_on_matrices<unit_rows_sgd>({"unit_rows_sgd", "unit_rows_sgd_other"});
}

TEST_CASE("Scion follows its authors") {
    follows_on_matrices<zoo::scion_sign>({"scion_sign", "scion_sign_other"});
    follows_on_matrices<zoo::scion_column>({"scion_column", "scion_column_other"});
    follows_on_matrices<zoo::scion_row>({"scion_row", "scion_row_other"});
}

TEST_CASE("adaptive clipping and centralization of rows follow their papers") {
    follows_on_matrices<clipped_sgd>({"clipped_sgd", "clipped_sgd_other"});
    follows_on_matrices<centralized_sgd>({"centralized_sgd"});
}
