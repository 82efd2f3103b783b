#pragma once

#include "digits.hpp"
#include "drawn_digits.hpp"
#include "png.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace examples {

/// A picture of the digits that were misread: a row for each digit; beside each, small, what it was taken for.
inline grey_picture misread_picture(const digits& seen, std::span<const std::uint8_t> predicted, std::size_t in_a_row) {
    constexpr std::size_t side = drawn_side, small = side / 2, gap = 4, wide = side + small + 2 * gap,
                          high = side + gap;
    grey_picture picture(in_a_row * wide + gap, 10 * high + gap, 255);
    std::array<std::size_t, 10> filled{};
    random_source random(4);
    std::array<std::array<std::uint8_t, side * side>, 10> signs{};
    for (std::size_t digit = 0; digit < 10; ++digit) draw_digit(digit, random, signs[digit]);
    for (std::size_t i = 0; i < predicted.size(); ++i) {
        const std::size_t right = seen.labels[i];
        if (predicted[i] == right || filled[right] == in_a_row) continue;
        const std::size_t left = gap + wide * filled[right]++, top = gap + high * right;
        for (std::size_t y = 0; y < side; ++y) {
            for (std::size_t x = 0; x < side; ++x) {
                const float ink = seen.pixels(static_cast<Eigen::Index>(y * side + x), static_cast<Eigen::Index>(i));
                picture(left + x, top + y) = static_cast<std::uint8_t>(255 * (1 - ink));
            }
        }
        const auto& sign = signs[predicted[i]];
        for (std::size_t y = 0; y < small; ++y) {
            for (std::size_t x = 0; x < small; ++x) {
                const std::size_t at = 2 * y * side + 2 * x;
                const int ink = (sign[at] + sign[at + 1] + sign[at + side] + sign[at + side + 1]) / 8;  // grey
                picture(left + side + x, top + small + y) = static_cast<std::uint8_t>(255 - ink);
            }
        }
    }
    return picture;
}

}  // namespace examples
