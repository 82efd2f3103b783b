#pragma once

#include <furl/blocks/accumulators.hpp>
#include <furl/blocks/corrections.hpp>
#include <furl/blocks/ema.hpp>
#include <furl/language/language.hpp>
#include <furl/program/plan.hpp>

#include <cstddef>
#include <string_view>

// Looks into the programs of rules, at compile time: a test here passes by compiling.
namespace furl::tests {

/// How often an operation stands in a program.
template <std::size_t N>
constexpr std::size_t count_of(const program<N>& p, op code) {
    std::size_t n = 0;
    for (const auto& x : p.code) n += x.code == code;
    return n;
}

/// How often it stands there with this rate.
template <std::size_t N>
constexpr std::size_t count_of(const program<N>& p, op code, domain where) {
    std::size_t n = 0;
    for (const auto& x : p.code) n += x.code == code && x.where == where;
    return n;
}

/// The first instruction of an operation; -1 if there is none.
template <std::size_t N>
constexpr std::int16_t find(const program<N>& p, op code) {
    for (std::size_t i = 0; i < p.code.size(); ++i)
        if (p.code[i].code == code) return static_cast<std::int16_t>(i);
    return -1;
}

/// Whether each operand stands before its user, no two instructions are equal, and rates do not fall.
template <std::size_t N>
constexpr bool is_ssa(const program<N>& p) {
    for (std::size_t i = 0; i < p.code.size(); ++i) {
        for (auto operand : p.code[i].operands)
            if (operand >= static_cast<std::int16_t>(i)) return false;
        for (std::size_t k = 0; k < i; ++k)
            if (static_cast<const node&>(p.code[i]) == p.code[k]) return false;
        if (p.code[i].where != p.domain_of(p.code[i])) return false;
    }
    return p.error == mistake::none && p.update >= 0;
}

/// What is wrong with an update, and the name it is wrong about.
struct complaint {
    mistake what;
    std::string_view who;
    constexpr bool operator==(const complaint&) const = default;
};

template <Expression X>
constexpr complaint complaint_about(const X& update) {
    graph<graph_capacity<0, X>> g;
    g.root = update.into(g);
    const auto p = lower<4 * graph_capacity<24, X>>(g);
    return {p.error, p.culprit};
}

template <class Rule>
inline constexpr const auto& written = stages<Rule>::written;

template <class Rule>
inline constexpr auto expanded = drop_dead_code(expand(written<Rule>));

}  // namespace furl::tests
