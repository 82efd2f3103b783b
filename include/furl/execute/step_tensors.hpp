#pragma once

#include <furl/execute/stored_plan.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace FURL_NAMESPACE {

/// The tensors of a step: where their places start, and which follow the one before without a gap in each of them.
template <class Plan>
struct step_tensors {
    std::vector<detail::place_pointers<Plan>> places;  ///< of each tensor
    std::vector<unsigned char> follows;                ///< of each tensor, whether it does

    /// Of so many tensors.
    explicit step_tensors(std::size_t n) : places(n), follows(n) {}

    /// To be called when a pointer has changed.
    void find_neighbours(std::span<const std::size_t> sizes) {
        for (std::size_t i = 1; i < sizes.size(); ++i) {
            bool next = true;
            for (std::size_t p = 0; p < Plan::places.size(); ++p)
                next = next && places[i][p] == places[i - 1][p] + Plan::places[p].size(sizes[i - 1]);
            follows[i] = next;
        }
    }
};

}  // namespace furl
