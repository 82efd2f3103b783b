#pragma once

#include "losses.hpp"
#include "random_source.hpp"
#include "transformer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace examples {

using symbol_span = std::span<const std::uint8_t>;

/// A batch of pieces of a text, and of the symbols that follow each symbol.
struct text_pieces {
    std::vector<std::uint8_t> input, next;

    /// Draws `count` of that length, anywhere in the text.
    void draw(symbol_span text, std::size_t count, std::size_t length, random_source& random) {
        input.clear(), next.clear();
        for (std::size_t i = 0; i < count; ++i) {
            const auto from = text.begin() + static_cast<std::ptrdiff_t>(random.below(text.size() - length));
            input.insert(input.end(), from, from + static_cast<std::ptrdiff_t>(length));
            next.insert(next.end(), from + 1, from + 1 + static_cast<std::ptrdiff_t>(length));
        }
    }
};

/// The loss of a model on 32 pieces of a text, the same ones for the same seed, in bits per symbol.
inline double bits_per_symbol(transformer<>& model, symbol_span text, std::uint64_t seed) {
    random_source random(seed);
    text_pieces tested;
    tested.draw(text, 32, model.size().context, random);
    Eigen::MatrixXf unused;
    return softmax_cross_entropy<float>(model.forward(tested.input), tested.next, unused) / std::numbers::ln2;
}

/// The text, and what a model writes after it, each symbol drawn by its probability ^ (1 / temperature).
inline std::vector<std::uint8_t> go_on(transformer<>& model, std::vector<std::uint8_t> text, std::size_t length,
                                       double temperature, random_source& random) {
    for (std::size_t i = 0; i < length; ++i) {
        const auto seen = symbol_span(text).last(std::min(text.size(), model.size().context));
        const Eigen::ArrayXf last = model.forward(seen).rightCols(1).array();
        const Eigen::ArrayXf odds = ((last - last.maxCoeff()) / static_cast<float>(temperature)).exp();
        double left = random.uniform() * static_cast<double>(odds.sum());
        Eigen::Index symbol = 0;
        while (symbol + 1 < odds.size() && (left -= static_cast<double>(odds[symbol])) > 0) ++symbol;
        text.push_back(static_cast<std::uint8_t>(symbol));
    }
    return text;
}

}  // namespace examples
