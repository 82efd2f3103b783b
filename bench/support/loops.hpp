// The loops that furl is measured against. Each stands in a file of its own, so that no compiler sees through a call.
#pragma once

#include "streams.hpp"

#include <cstddef>

namespace bench {

/// AdamW by hand: intrinsics, four vectors per iteration, one square root and one division per vector.
void hand_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

/// AdamW as textbooks print it: one scalar loop, no thought for the machine. The oracle of the others.
void textbook_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

}  // namespace bench
