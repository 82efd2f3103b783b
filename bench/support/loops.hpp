// The loops that furl is measured against. Each stands in a file of its own, so that no compiler sees through a call.
#pragma once

#include "streams.hpp"

#include <cstddef>

namespace bench {

/// AdamW by hand: AVX2+FMA intrinsics, four vectors per iteration, one square root and one division per vector.
void hand_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

/// AdamW as textbooks print it: one scalar loop, no thought for the machine. The oracle of hand_adamw.
void textbook_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

/// The memory limit: reads the four streams and writes three, with next to no arithmetic. Leaves all values as they
/// are.
void read_modify_write(const streams& s);

/// The arithmetic limit: as many square roots and divisions as an AdamW step over n values, all in registers.
float square_roots_and_divisions(std::size_t n);

}  // namespace bench
