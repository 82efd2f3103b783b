#pragma once

#include <furl/base/macros.hpp>

#include <bit>
#include <cstddef>

namespace furl {

/// The shape of every reduction, fixed by the number of elements alone: elements go to 16 lanes in turn, 512 elements make
/// a block, the lanes of a block meet in a tree, blocks meet in a tree of doubles. So the bits do not depend on
/// alignment, vector width or the order in which blocks are computed.
///
/// Error: a lane adds 32 values in the element type, so a sum of non-negative values is within 32 units of 2^-24
/// (float; 2^-53 double) in the worst case, for any number of elements, and near 1 unit as a rule.
inline constexpr std::size_t reduction_lanes = 16;
inline constexpr std::size_t reduction_block = 512;

namespace detail {

// x[i] meets x[i + Half], then with Half / 2: counts known to the compiler, which makes vectors of them.
template <std::size_t Half, class Combine>
FURL_INLINE constexpr void meet_pairwise(double* x, Combine& combine) {
    for (std::size_t i = 0; i < Half; ++i) x[i] = combine(x[i], x[i + Half]);
    if constexpr (Half > 1) meet_pairwise<Half / 2>(x, combine);
}

}  // namespace detail

/// The lanes of one block, met pairwise.
template <class T, class Combine>
constexpr double fold_lanes(const T (&lanes)[reduction_lanes], Combine combine) {
    double x[reduction_lanes];
    for (std::size_t i = 0; i < reduction_lanes; ++i) x[i] = static_cast<double>(lanes[i]);
    detail::meet_pairwise<reduction_lanes / 2>(x, combine);
    return x[0];
}

/// Blocks in their order, met pairwise: a binary counter of partial results.
template <class Combine>
class block_tree {
  public:
    constexpr explicit block_tree(Combine combine = {}) : combine_(combine) {}

    constexpr void push(double block) {
        std::size_t level = 0;
        for (auto carry = blocks_++; carry & 1; carry >>= 1) block = combine_(partial_[level++], block);
        partial_[level] = block;
    }

    constexpr double result() const {
        if (blocks_ == 0) return 0;
        double total = partial_[std::countr_zero(blocks_)];
        for (auto rest = blocks_ & (blocks_ - 1); rest != 0; rest &= rest - 1)
            total = combine_(partial_[std::countr_zero(rest)], total);
        return total;
    }

  private:
    [[no_unique_address]] Combine combine_;
    double partial_[64];  // those of the bits of blocks_ that are set
    std::size_t blocks_ = 0;
};

}  // namespace furl
