#pragma once

#include <furl/runtime/registry.hpp>

namespace furl::tests {

/// Compiled in compiled_rules.cpp, and nowhere else.
const registry<float>& compiled_rules();
const registry<double>& compiled_rules_in_double();

}  // namespace furl::tests
