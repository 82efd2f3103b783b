#include "measurements.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace docs {

std::map<std::string, std::vector<measurement>> read_measurements(const std::string& path) {
    std::map<std::string, std::vector<measurement>> rules;
    if (path.empty()) return rules;
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    for (const auto& row : nlohmann::json::parse(in)) {
        const auto value = [&](const char* key) { return row.contains(key) && row[key].is_number() ? row[key].get<double>() : 0.0; };
        rules[row.at("rule").get<std::string>()].push_back({value("n"), value("ns_fused"), value("ns_naive"),
                                                            value("ns_textbook"), value("ns_limit"), value("bytes"),
                                                            value("spread")});
    }
    for (auto& [rule, rows] : rules) std::ranges::sort(rows, {}, &measurement::n);
    return rules;
}

}  // namespace docs
