#pragma once

#include <furl/base/macros.hpp>

#include <bit>
#include <cstddef>

namespace FURL_NAMESPACE {

/// The number of elements alone fixes the shape of every reduction: elements go to 32 lanes in turn, 512 elements make a segment,
/// the lanes of a segment are combined in a tree, and segments are combined in a tree of doubles. So the bits do not depend on
/// alignment, vector width or the order in which segments are computed. The tree of lanes goes down to 8 lanes in the element
/// type, and on in double.
///
/// Error: a lane adds 16 values in the element type, and four lanes are added up in it, so a sum of non-negative floats is
/// within 18 units of 2^-24 in the worst case, for any number of elements, and usually near 1 unit. A sum of doubles is within
/// 21 units of 2^-53, and one more for each doubling of the segments and of the tensors.
inline constexpr std::size_t reduction_lanes = 32;  // enough that no addition waits for the one before
inline constexpr std::size_t reduction_segment = 512;

namespace detail {

inline constexpr std::size_t double_lanes = 8;

// Combines x[i] with x[i + Half], then goes on with Half / 2, until Left values are left. The compiler knows these counts, so it
// vectorizes the loops.
template <std::size_t Half, std::size_t Left, class T, class Combine>
FURL_INLINE constexpr void meet_pairwise(T* x, Combine& combine) {
    if constexpr (Half >= Left) {
        for (std::size_t i = 0; i < Half; ++i) x[i] = combine(x[i], x[i + Half]);
        meet_pairwise<Half / 2, Left>(x, combine);
    }
}

}  // namespace detail

/// Combines the lanes of one segment pairwise, and overwrites them.
template <class T, std::size_t Lanes, class Combine>
constexpr double fold_lanes(T (&lanes)[Lanes], Combine combine) {
    detail::meet_pairwise<Lanes / 2, detail::double_lanes>(lanes, combine);
    double x[detail::double_lanes];
    for (std::size_t i = 0; i < detail::double_lanes; ++i) x[i] = static_cast<double>(lanes[i]);
    detail::meet_pairwise<detail::double_lanes / 2, 1>(x, combine);
    return x[0];
}

/// Combines segments pairwise, in their order: a binary counter of partial results.
template <class Combine>
class pairwise_tree {
  public:
    constexpr explicit pairwise_tree(Combine combine = {}) : combine_(combine) {}

    constexpr void push(double segment) {
        std::size_t level = 0;
        for (auto carry = segments_++; carry & 1; carry >>= 1) segment = combine_(partial_[level++], segment);
        partial_[level] = segment;
    }

    constexpr double result() const {
        if (segments_ == 0) return 0;
        double total = partial_[std::countr_zero(segments_)];
        for (auto rest = segments_ & (segments_ - 1); rest != 0; rest &= rest - 1)
            total = combine_(partial_[std::countr_zero(rest)], total);
        return total;
    }

  private:
    [[no_unique_address]] Combine combine_;
    double partial_[64];  // valid for the bits of segments_ that are set
    std::size_t segments_ = 0;
};

}  // namespace furl
