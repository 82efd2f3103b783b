#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace docs {

/// A doc comment in the form of the headers: paragraphs, then sections ("Source:  ...", "@param x  ...").
struct docstring {
    struct section {
        std::string label;  ///< "Source", "@param x", "@returns"
        std::string text;   ///< one line
    };
    std::vector<std::string> paragraphs;  ///< the first is the brief one
    std::vector<section> sections;

    /// The text of a section; empty if there is none.
    std::string find(std::string_view label) const;
};

/// A documented thing of a header.
struct documented {
    std::string header;  ///< as included: furl/zoo/adam.hpp
    docstring doc;
    std::string source;  ///< a struct: from its first line to its last; a function: its declaration
    std::string base;    ///< of a struct, the one it inherits from
};

/// The structs of the zoo's headers, by name.
std::map<std::string, documented> read_rules(const std::filesystem::path& include);

/// A public function template of a folder of blocks.
struct documented_block {
    std::string name;  ///< with its namespace, below furl
    documented what;
};

/// The documented functions of the headers of a folder, in the order of the files and lines.
std::vector<documented_block> read_blocks(const std::filesystem::path& include, const std::filesystem::path& folder);

}  // namespace docs
