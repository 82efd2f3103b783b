#pragma once

#include <furl/program/cost.hpp>

namespace furl::tests {

/// What a step moves: passes over memory, values read and written per parameter, buffers of one value per parameter.
struct traffic {
    int passes = 0, loads = 0, stores = 0, states = 0;

    constexpr bool operator==(const traffic&) const = default;
};

template <class Rule>
inline constexpr traffic traffic_of{cost<Rule>.passes, cost<Rule>.loads, cost<Rule>.stores, cost<Rule>.states};

}  // namespace furl::tests
