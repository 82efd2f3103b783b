#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// The runs of tests/golden/schedules.txt, whose format stands at its head.
namespace furl::tests {

struct golden_schedule {
    std::map<std::string, std::string> settings;
    std::vector<std::vector<double>> rows;
};

inline std::map<std::string, golden_schedule> read_golden_schedules() {
    const std::string path = "golden/schedules.txt";
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path + "; run this in tests/");
    std::map<std::string, golden_schedule> result;
    golden_schedule* current = nullptr;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        std::string kind, name;
        if (words >> kind; kind == "schedule" || kind == "momentum" || kind == "plateau") {
            words >> name;
            current = &result[kind == "schedule" ? name : kind + " " + name];
            for (std::string pair; words >> pair;)
                current->settings[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
            continue;
        }
        std::vector<double> row;
        const char* p = line.c_str();
        for (char* end = nullptr;; p = end) {
            const double x = std::strtod(p, &end);
            if (end == p) break;
            row.push_back(x);
        }
        current->rows.push_back(row);
    }
    return result;
}

inline const std::map<std::string, golden_schedule>& golden_schedules() {
    static const auto all = read_golden_schedules();
    return all;
}

}  // namespace furl::tests
