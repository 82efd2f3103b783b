#pragma once

#include <map>
#include <string>
#include <vector>

namespace docs {

/// A rule measured at one size: ns per parameter.
struct measurement {
    double n = 0;
    double fused = 0, naive = 0, textbook = 0, limit = 0;
    double bytes = 0;   ///< per parameter
    double spread = 0;  ///< of fused, relative
};

/// The measurements of a bench file, by rule, by size; none if the path is empty.
std::map<std::string, std::vector<measurement>> read_measurements(const std::string& path);

}  // namespace docs
