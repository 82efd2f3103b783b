// The passes around an optimizer that are not furl's, each one vectorized loop over memory.
#pragma once

#include <cstddef>

namespace bench {

/// The sum of squares.
double sum_of_squares(const float* x, std::size_t n);

/// x *= factor.
void scale(float* x, float factor, std::size_t n);

/// average += weight * (x - average).
void average(float* average, const float* x, float weight, std::size_t n);

}  // namespace bench
