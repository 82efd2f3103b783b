#pragma once

#include "facts.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace docs {

/// A block at work: a rule with it, and the one without, so that their difference is what the block costs.
struct block_example {
    std::string block;  ///< with its namespace, below furl
    std::string region; ///< the mark around its lines, in block_examples.cpp or schedule_examples.cpp
    rule_facts with;
    rule_facts without;
    std::vector<double> curve{};  ///< of a schedule: its values in the first steps
};

void append_block_examples(std::vector<block_example>& list);
void append_schedule_examples(std::vector<block_example>& list);

/// The page of the blocks and the page of the schedules, into a folder. Throws if a documented block has no example.
void write_blocks(const std::filesystem::path& root, const std::string& folder);

}  // namespace docs
