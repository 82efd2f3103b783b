// The passes around an optimizer that are not furl's, each one vectorized loop over memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

/// The sum of squares.
double sum_of_squares(const float* x, std::size_t n);

/// x *= factor.
void scale(float* x, float factor, std::size_t n);

/// average += weight * (x - average).
void average(float* average, const float* x, float weight, std::size_t n);

/// Numbers of bfloat16, by their bits, to float and back. Rounds to the nearest; NaN may become infinity.
void widen(float* to, const std::uint16_t* from, std::size_t n);
void narrow(std::uint16_t* to, const float* from, std::size_t n);

}  // namespace bench
