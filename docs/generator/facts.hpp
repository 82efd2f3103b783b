#pragma once

#include "stability.hpp"

#include <furl/print/rule_info.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace docs {

/// A state of a rule, in words.
struct state_facts {
    std::string name;
    std::string shape;    ///< one value per parameter, per tensor, or one
    std::string initial;  ///< in the notation of the language
};

/// What the type of a rule tells, as data: from here on nothing is a template.
struct rule_facts {
    furl::rule_info info;  ///< in float
    std::string name;      ///< without namespaces
    std::string latex, dot;
    std::vector<std::pair<std::string, std::string>> defaults{};  ///< of the hyperparameters
    std::vector<state_facts> states{};  ///< those that the rule names
    rule_program program{};             ///< as it is written
    std::string guard{};                ///< the condition without which a step is skipped; empty if no step is ever skipped
};

/// The zoo is walked in parts, a unit each, as a compiler needs long for all of it.
inline constexpr std::size_t zoo_parts = 6;

/// Appends the facts of every rule of the zoo, those of matrices too, whose place is Part, modulo zoo_parts.
template <std::size_t Part>
void append_zoo(std::vector<rule_facts>& rules);

}  // namespace docs
