// The shapes of models, and tensors of these shapes as training programs have them: each in memory of its own.
#pragma once

#include <furl/bench/data.hpp>

#include <cstddef>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace bench {

struct model {
    std::string name;
    std::vector<std::size_t> sizes;

    std::size_t parameters() const { return std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}); }
};

/// GPT-2 124M (Radford et al. 2019): 148 tensors; the output layer shares the embedding.
inline model gpt2() {
    constexpr std::size_t width = 768, vocabulary = 50257, context = 1024, layers = 12;
    model m{"gpt2-124m", {vocabulary * width, context * width}};
    for (std::size_t i = 0; i < layers; ++i)
        m.sizes.insert(m.sizes.end(), {width, width, 3 * width * width, 3 * width, width * width, width, width, width,
                                       4 * width * width, 4 * width, 4 * width * width, width});
    m.sizes.insert(m.sizes.end(), {width, width});
    return m;
}

/// ResNet-50 (He et al. 2016): 161 tensors.
inline model resnet50() {
    model m{"resnet-50", {}};
    const auto convolution = [&](std::size_t in, std::size_t out, std::size_t kernel) {
        m.sizes.insert(m.sizes.end(), {in * out * kernel * kernel, out, out});  // and its batch normalization
    };
    convolution(3, 64, 7);
    std::size_t in = 64;
    constexpr std::size_t blocks[] = {3, 4, 6, 3};
    for (std::size_t stage = 0; stage < 4; ++stage) {
        const auto middle = std::size_t{64} << stage, out = 4 * middle;
        for (std::size_t block = 0; block < blocks[stage]; ++block) {
            convolution(in, middle, 1);
            convolution(middle, middle, 3);
            convolution(middle, out, 1);
            if (block == 0) convolution(in, out, 1);
            in = out;
        }
    }
    m.sizes.insert(m.sizes.end(), {2048 * 1000, 1000});
    return m;
}

/// A network of 784, 128 and 10 units.
inline model small_network() { return {"small-network", {784 * 128, 128, 128 * 10, 10}}; }

inline model equal_tensors(std::size_t count, std::size_t size) {
    return {std::to_string(count) + "-of-" + std::to_string(size), std::vector<std::size_t>(count, size)};
}

inline std::vector<model> models() {
    return {small_network(), equal_tensors(10'000, 100), equal_tensors(1'000, 1'000), resnet50(), gpt2()};
}

/// Tensors in memory of their own, with other allocations between them, as malloc places them.
class scattered {
  public:
    explicit scattered(const std::vector<std::size_t>& sizes, std::uint32_t seed = 1) {
        std::mt19937 random{seed};
        std::uniform_int_distribution<std::size_t> gap{16, 2000};
        for (auto n : sizes) {
            tensors_.push_back(std::make_unique<float[]>(n));
            values_.emplace_back(tensors_.back().get(), n);
            between_.push_back(std::make_unique<char[]>(gap(random)));
        }
    }

    void fill(std::uint32_t seed) {
        for (std::size_t i = 0; i < values_.size(); ++i) furl::bench::fill(values_[i], seed + static_cast<std::uint32_t>(i % 7));
    }

    std::span<const std::span<float>> list() const { return values_; }
    std::span<float> operator[](std::size_t i) const { return values_[i]; }
    std::size_t size() const { return values_.size(); }

  private:
    std::vector<std::unique_ptr<float[]>> tensors_;
    std::vector<std::unique_ptr<char[]>> between_;
    std::vector<std::span<float>> values_;
};

}  // namespace bench
