#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <utility>

namespace examples {

/// Random numbers that are the same everywhere for the same seed.
///
/// The standard fixes the bits of mt19937_64, but not what its distributions make of them: so these are our own.
class random_source {
  public:
    explicit random_source(std::uint64_t seed) : bits_(seed) {}

    /// Evenly in [low, high).
    double uniform(double low = 0.0, double high = 1.0) {
        return low + (high - low) * static_cast<double>(bits_() >> 11) * 0x1p-53;
    }

    /// Normal, mean 0, standard deviation 1 (Box and Muller).
    double normal() {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(2.0 * std::numbers::pi * uniform());
    }

    /// Evenly in 0 .. count - 1.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(uniform() * static_cast<double>(count)); }

    /// Puts the elements into a random order (Fisher and Yates).
    template <class Range>
    void shuffle(Range& range) {
        for (std::size_t i = range.size(); i > 1; --i) {
            using std::swap;
            swap(range[i - 1], range[below(i)]);
        }
    }

  private:
    std::mt19937_64 bits_;
};

}  // namespace examples
