#include "zoo/any_optimizer.hpp"

#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/rowwise_adagrad.hpp>
#include <furl/zoo/rowwise_adam.hpp>
#include <furl/zoo/weight_norm_sgd.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<adam_mini, rowwise_adagrad, partial_rowwise_adam, partial_rowwise_lamb, rowwise_lamb,
    weight_norm_sgd> rules;

}  // namespace
