#pragma once

#include <furl/base/finite.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace FURL_NAMESPACE::bench {

/// Fills values with random numbers of both signs, none of them near zero. Decayed moments must not become denormals, whose
/// slow arithmetic would be measured instead.
template <class T>
void fill(std::span<T> values, std::uint32_t seed) {
    std::mt19937 random{seed};
    std::uniform_real_distribution<T> magnitude{T(0.01), T(1)};
    std::vector<T> block(std::min<std::size_t>(values.size(), 65'521));
    for (auto& x : block) x = (random() & 1u) != 0 ? magnitude(random) : -magnitude(random);
    for (std::size_t i = 0; i < values.size(); i += block.size())
        std::copy_n(block.begin(), std::min(block.size(), values.size() - i), values.begin() + static_cast<std::ptrdiff_t>(i));
}

/// Returns about how many bytes the system can provide without swapping.
inline double memory_available() {
    std::ifstream file("/proc/meminfo");
    for (std::string name; file >> name;) {
        double kilobytes = 0;
        file >> kilobytes;
        if (name == "MemAvailable:") return kilobytes * 1024;
        std::getline(file, name);
    }
    return furl::detail::infinity<double>;
}

}  // namespace furl::bench
