#pragma once

#include <furl/distributed/sharded_optimizer.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

// Trainings in one process and on many ranks, which must have the same bits.
namespace furl::tests {

using shape_list = std::vector<furl::shape>;
using tensor_list = std::vector<std::vector<float>>;

/// Tensors of odd sizes, empty ones, and some of more than a unit, which is 4096 elements for flat rules.
inline const shape_list odd_shapes{{1, 17}, {0, 5}, {3, 4111}, {1, 1}, {70, 300}, {1, 4096}, {1, 12289}};

/// Two of more than a group of rows.
inline const shape_list tall_shapes{{1100, 300}, {1, 17}, {0, 3}, {5000, 70}};

/// Numbers of few bits, so that sums of a few of them are exact.
inline tensor_list drawn(const shape_list& shapes, std::uint32_t seed) {
    tensor_list list;
    auto state = seed * 2654435761u + 1;
    for (const auto& s : shapes) {
        auto& tensor = list.emplace_back(s.size());
        for (auto& x : tensor) {
            state = state * 1664525u + 1013904223u;
            x = static_cast<float>(static_cast<int>(state >> 21) - 1024) * 0x1p-8f;
        }
    }
    return list;
}

/// The gradients of a rank, which add up to drawn(shapes, seed), exactly.
inline tensor_list gradients_of(const shape_list& shapes, std::uint32_t seed, std::size_t rank, std::size_t ranks) {
    const auto of_rank = [&](std::size_t r) { return drawn(shapes, seed + 7919 * static_cast<std::uint32_t>(r)); };
    auto own = of_rank(rank);
    for (std::size_t r = 1; rank == 0 && r < ranks; ++r) {
        const auto other = of_rank(r);
        for (std::size_t i = 0; i < own.size(); ++i)
            for (std::size_t k = 0; k < own[i].size(); ++k) own[i][k] -= other[i][k];
    }
    return own;
}

inline std::uint64_t hash(const tensor_list& list) {
    std::uint64_t h = 14695981039346656037u;
    for (const auto& tensor : list)
        for (float x : tensor) h = (h ^ std::bit_cast<std::uint32_t>(x)) * 1099511628211u;
    return h;
}

/// A training: how many steps, in which of them a gradient is NaN (0: in none), and whether tensor 0 has no gradient in step 4.
struct training {
    int steps = 50, bad = 0;
    bool leaves_out = false;

    std::uint32_t seed(int t) const { return 100 + static_cast<std::uint32_t>(t); }
    void change(tensor_list& gradients, int t, bool is_last) const {
        if (t == bad && is_last) gradients.back().back() = std::numeric_limits<float>::quiet_NaN();
        if (t == 4 && leaves_out) gradients[0].clear();
    }
};

/// The hash of the weights after these steps, in one process.
template <class Rule, class... Policies>
std::uint64_t trained_alone(const shape_list& shapes, training how) {
    furl::optimizer<Rule, float, Policies...> opt(shapes);
    auto weights = drawn(shapes, 7);
    for (int t = 1; t <= how.steps; ++t) {
        auto gradients = drawn(shapes, how.seed(t));
        how.change(gradients, t, true);
        opt.step(weights, gradients);
    }
    return hash(weights);
}

/// The same on a rank.
template <class Rule, class... Policies, class C>
std::uint64_t trained_together(C& ranks, const shape_list& shapes, training how, furl::sharding_settings settings = {}) {
    furl::sharded_optimizer<Rule, float, Policies...> opt(ranks, shapes, settings);
    auto weights = drawn(shapes, 7);
    for (int t = 1; t <= how.steps; ++t) {
        auto gradients = gradients_of(shapes, how.seed(t), ranks.rank(), ranks.size());
        how.change(gradients, t, ranks.rank() + 1 == ranks.size());
        opt.step(weights, gradients);
    }
    return hash(weights);
}

}  // namespace furl::tests
