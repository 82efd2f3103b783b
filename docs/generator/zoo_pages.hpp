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
};

/// A page for each rule, the index as one sortable table, the page that compares two, and the graphs, into a folder.
void write_zoo(const zoo& all, const std::string& folder);

}  // namespace docs
