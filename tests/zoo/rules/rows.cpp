#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/nero.hpp>
#include <furl/zoo/racs.hpp>
#include <furl/zoo/rowwise_adagrad.hpp>
#include <furl/zoo/rowwise_adam.hpp>
#include <furl/zoo/scion.hpp>
#include <furl/zoo/weight_norm_sgd.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adam_mini, rowwise_adagrad, partial_rowwise_adam, partial_rowwise_lamb, rowwise_lamb, nero,
    nero_unconstrained, racs, scion_sign, scion_column, scion_row, weight_norm_sgd> rules;

}  // namespace
