#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/operators.hpp>

#include <cstdint>
#include <numbers>

namespace FURL_NAMESPACE {

namespace detail {

// A stream of normal numbers draws from two uniform streams. This returns the first of them, or a negative number, which
// causes error E22, if `stream` is no whole number.
constexpr double first_of_two(double stream) {
    const bool is_whole = stream >= 0 && stream < 1e9 && stream == static_cast<double>(static_cast<std::int64_t>(stream));
    return is_whole ? 2 * stream : -2;
}

}  // namespace detail

/// Draws a normal random number with mean 0 and variance 1, a different one for each element, tensor and step.
///
/// \f$ z = \sqrt{-2 \ln u_1}\, \cos(2\pi u_2) \f$, where u_1 and u_2 are two streams of random(seed, ...)
///
/// @param seed    one value per step, usually a hyperparameter.
/// @param stream  a whole number, at least 0; equal streams of a rule draw equal numbers.
/// @returns  an expression. Shape: one value per parameter (n). At most 5.8 in magnitude: u_1 is at least 2^-24.
/// Cost:     5 functions (2 draws, log, cos, square root) per parameter.
/// Errors:   E22 if the seed is not one value per step, or the stream is no such number.
/// Source:   Box & Muller 1958.
template <class Seed>
constexpr auto random_normal(const Seed& seed, double stream = 0) {
    const double first = detail::first_of_two(stream);
    return sqrt(-2 * log(random(seed, first))) * cos(2 * std::numbers::pi * random(seed, first + 1));
}

/// Adds normal noise to x: `replace(update, grad, noisy(grad, deviation, seed))`.
///
/// \f$ x + \sigma_t z_t,\quad z_t \sim N(0, 1) \f$
///
/// @param x          usually the gradient. Shape: n.
/// @param deviation  sigma_t: a number, a hyperparameter or a schedule, in the unit of x. Neelakantan et al. use
///                   `sqrt(eta / pow(1 + step, 0.55))`.
/// @param seed       the same seed gives the same noise, for any vector width.
/// @param stream     a whole number, at least 0; equal streams of a rule draw equal noise.
/// @returns  an expression of the shape of x.
/// Cost:     that of random_normal, and 1 fma per parameter.
/// Errors:   E22 if the seed is not one value per step, or the stream is no such number.
/// Source:   Neelakantan et al. 2015; optax's add_noise(eta, gamma, seed).
template <class X, class Deviation, class Seed>
constexpr auto noisy(const X& x, const Deviation& deviation, const Seed& seed, double stream = 0) {
    return x + deviation * random_normal(seed, stream);
}

}  // namespace furl
