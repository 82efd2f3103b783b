#pragma once

#include <furl/furl.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Trajectories of other implementations: tests/golden/*.txt, whose format stands in tests/golden/README.md.
namespace furl::tests {

using rows = std::vector<std::vector<double>>;

struct golden_run {
    std::vector<std::pair<std::string, double>> hyperparameters;
    std::map<std::string, rows> tracks;
};

struct golden_file {
    furl::shape shape;
    std::vector<double> start;
    std::map<std::string, rows> streams;
    std::map<std::string, golden_run> runs;
};

inline std::vector<double> row_of(const std::string& line) {
    std::vector<double> row;
    const char* p = line.c_str();
    for (char* end = nullptr;; p = end) {
        const double x = std::strtod(p, &end);
        if (end == p) return row;
        row.push_back(x);
    }
}

inline golden_file read_golden(const std::string& name) {
    const auto path = "golden/" + name;
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path + "; run this in tests/");
    golden_file result;
    rows* into = nullptr;
    golden_run* run = nullptr;
    bool start = false;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        std::string first, second;
        words >> first;
        if (first == "size") {  // size N steps T, and for a matrix: rows R columns C
            std::string size, steps, of_steps, of_rows, r, of_columns, c;
            words >> size >> of_steps >> steps >> of_rows >> r >> of_columns >> c;
            result.shape = c.empty() ? furl::shape{1, std::stoul(size)} : furl::shape{std::stoul(r), std::stoul(c)};
            continue;
        }
        if (first == "start") {
            start = true;
        } else if (first == "stream" && words >> second) {
            into = &result.streams[second];
        } else if (first == "config" && words >> second) {
            run = &result.runs[second];
            for (std::string pair; words >> pair;) {
                const auto equals = pair.find('=');
                if (pair.substr(0, equals) == "rule") continue;
                run->hyperparameters.emplace_back(pair.substr(0, equals), std::strtod(pair.c_str() + equals + 1, nullptr));
            }
        } else if (first == "track" && words >> second) {
            into = &run->tracks[second];
        } else if (start) {
            result.start = row_of(line);
            start = false;
        } else {
            into->push_back(row_of(line));
        }
    }
    return result;
}

inline const golden_file& golden(const std::string& name) {
    static std::map<std::string, golden_file> files;
    const auto found = files.find(name);
    return found != files.end() ? found->second : files.emplace(name, read_golden(name)).first->second;
}

/// Runs a rule in double beside a golden run: each parameter after each step, relative to the largest of its column.
///
/// @param chosen  hyperparameters of the run that the rule has made its own (centered=1, say): not to be set.
/// @param fixed   hyperparameters to set by hand: the rule's names for what the run calls otherwise.
template <class Rule>
void follows(const std::string& file, const std::string& name, std::initializer_list<std::string_view> chosen = {},
             std::initializer_list<std::pair<std::string_view, double>> fixed = {}, double tolerance = 1e-12) {
    const std::string what(type_name<Rule>());
    CAPTURE(file);
    CAPTURE(name);
    CAPTURE(what);
    const auto& all = golden(file);
    REQUIRE(all.runs.count(name) == 1);
    const auto& run = all.runs.at(name);
    const auto& path = run.tracks.at("param");
    const auto& gradients = all.streams.at("grad");
    REQUIRE(path.size() == gradients.size());

    optimizer<Rule, double> opt(all.shape);
    const auto known = opt.hyperparameters();
    for (const auto& setting : run.hyperparameters) {
        const auto& key = setting.first;
        const double value = setting.second;
        if (std::find(chosen.begin(), chosen.end(), key) != chosen.end()) continue;
        CAPTURE(key);
        if (std::find(known.begin(), known.end(), key) != known.end()) opt.set(key, value);
        else CHECK_MESSAGE(value == 0, "the rule has no such hyperparameter, and the run does not leave it at 0");
    }
    for (const auto& [key, value] : fixed) opt.set(key, value);

    std::vector<double> largest(all.start.size());
    for (const auto& row : path)
        for (std::size_t i = 0; i < row.size(); ++i) largest[i] = std::max(largest[i], std::fabs(row[i]));

    auto parameters = all.start;
    double worst = 0;
    for (std::size_t t = 0; t < path.size(); ++t) {
        constexpr auto inputs = plan<Rule, contracted>::inputs, numbers = plan<Rule, contracted>::program.step_inputs.size();
        static_assert(inputs + numbers <= 1, "golden runs have one input beside the gradient: hessian or loss");
        if constexpr (numbers == 1) opt.step(parameters, gradients[t], step_input<"loss"> = all.streams.at("loss")[t][0]);
        else if constexpr (inputs == 1) opt.step(parameters, gradients[t], input<"hessian"> = all.streams.at("hessian")[t]);
        else opt.step(parameters, gradients[t]);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const double error = std::fabs(parameters[i] - path[t][i]);
            if (error > 0) worst = std::max(worst, error / largest[i]);
            if (!(error <= tolerance * largest[i])) {
                const auto step_number = t + 1;
                CAPTURE(step_number);
                CAPTURE(i);
                REQUIRE(parameters[i] == path[t][i]);
            }
        }
    }
    CHECK(worst <= tolerance);
}

}  // namespace furl::tests
