// Writes the pages that the types know: docs_generator SOURCE_ROOT OUTPUT_FOLDER [BENCH_JSON]
#include "block_pages.hpp"
#include "zoo_pages.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <utility>

namespace {

template <std::size_t... Part>
std::vector<docs::rule_facts> walk_zoo(std::index_sequence<Part...>) {
    std::vector<docs::rule_facts> rules;
    (docs::append_zoo<Part>(rules), ...);
    std::ranges::sort(rules, {}, &docs::rule_facts::name);
    return rules;
}

}  // namespace

int main(int count, char** arguments) try {
    if (count < 3 || count > 4) {
        std::cerr << "usage: docs_generator SOURCE_ROOT OUTPUT_FOLDER [BENCH_JSON]\n";
        return 2;
    }
    const std::filesystem::path root(arguments[1]);
    const std::string output(arguments[2]);
    std::filesystem::create_directories(output);
    docs::zoo all{walk_zoo(std::make_index_sequence<docs::zoo_parts>{}), docs::read_rules(root / "include"),
                  docs::read_measurements(count == 4 ? arguments[3] : "")};
    docs::find_stability(all, output + "/plots");
    docs::write_zoo(all, output);
    docs::write_blocks(root, output);
    std::cout << all.rules.size() << " rules\n";
} catch (const std::exception& error) {
    std::cerr << "docs_generator: " << error.what() << '\n';
    return 1;
}
