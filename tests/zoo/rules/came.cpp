#include "zoo/any_optimizer.hpp"

#include <furl/zoo/came.hpp>
#include <furl/zoo/sm3.hpp>

namespace {

using namespace furl::zoo;

const furl::tests::enlisted<came, came_unfactored, sm3> rules;

}  // namespace
