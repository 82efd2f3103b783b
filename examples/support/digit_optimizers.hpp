#pragma once

#include <furl/runtime/registry.hpp>

namespace examples {

/// Every rule of the zoo that needs no input but the gradient, by its name, each as configured<Rule>.
///
/// They are compiled in digit_optimizers.cpp, in several units: so the programs that use them compile fast.
const furl::registry<float>& digit_optimizers();

}  // namespace examples
