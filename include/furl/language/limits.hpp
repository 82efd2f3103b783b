#pragma once

#include <furl/base/build.hpp>

#include <cstddef>

namespace FURL_NAMESPACE {

// The limits of a rule, which the message of error E14 repeats. Compilers limit the steps of a constant evaluation, so tables
// have a size that is known before a rule is.
inline constexpr std::size_t max_graph_nodes = 1200;  ///< operations, numbers, names, and each use of a leaf
inline constexpr std::size_t max_hyperparameters = 32;  ///< names of hyperparameters
inline constexpr std::size_t max_inputs = 16;  ///< inputs beside the gradient
inline constexpr std::size_t max_step_inputs = 8;  ///< numbers that are given with each step
inline constexpr std::size_t max_states = 32;  ///< states
inline constexpr std::size_t max_streams = 2 + max_inputs + max_states;  ///< parameters and gradients are the first two
inline constexpr std::size_t max_passes = 16;  ///< passes over memory
inline constexpr std::size_t max_random_streams = 16;  ///< streams of random numbers

}  // namespace furl
