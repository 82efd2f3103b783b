#include "zoo/any_optimizer.hpp"

#include <furl/zoo/nero.hpp>
#include <furl/zoo/racs.hpp>
#include <furl/zoo/scion.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<nero, nero_unconstrained, racs, scion_sign, scion_column, scion_row> rules;

}  // namespace
