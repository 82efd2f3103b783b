#pragma once

#include <furl/program/program.hpp>

namespace FURL_NAMESPACE {

/// How often each value is read, by instructions and as a result of the step.
template <std::size_t Capacity>
struct use_counts {
    std::int16_t of[Capacity]{};  ///< the count of each value

    /// The uses of a value.
    constexpr std::int16_t operator[](std::int16_t i) const { return of[i]; }
    /// Whether a value is used once.
    constexpr bool once(std::int16_t i) const { return of[i] == 1; }
};

/// Counts the uses of every value of a program.
template <std::size_t Capacity>
constexpr use_counts<Capacity> count_uses(const program<Capacity>& p) {
    use_counts<Capacity> uses;
    for (const auto& x : p.code)
        for (auto operand : x.operands)
            if (operand >= 0) ++uses.of[operand];
    for (const auto& s : p.states) ++uses.of[s.next];
    ++uses.of[p.update];
    if (p.guard >= 0) ++uses.of[p.guard];
    if (p.gradient >= 0) ++uses.of[p.gradient];
    return uses;
}

}  // namespace furl
