#pragma once

#include "docstring.hpp"
#include "facts.hpp"
#include "measurements.hpp"

#include <map>
#include <string>
#include <vector>

namespace docs {

/// All that is known of the zoo.
struct zoo {
    std::vector<rule_facts> rules;                           ///< from the types
    std::map<std::string, documented> headers;               ///< from their doc comments and sources
    std::map<std::string, std::vector<measurement>> speeds;  ///< from a bench file, if there is one
    std::map<std::string, stability> stabilities{};          ///< from the programs
    std::map<std::string, std::string> pictures{};           ///< of where rules are stable, by their names
};

/// Finds where the rules are stable, and draws it into a folder.
void find_stability(zoo& all, const std::string& folder);

/// A page for each rule, the index as one sortable table, the page that compares two, and the graphs, into a folder.
void write_zoo(const zoo& all, const std::string& folder);

}  // namespace docs
