#pragma once

#include "digit_shapes.hpp"
#include "random_source.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

inline constexpr std::size_t drawn_side = 28;  ///< a drawn digit has 28 x 28 pixels, as those of MNIST

namespace detail {

struct point {
    double x, y;  ///< in the box of the digit: x from left to right, y from top to bottom, both -1 .. 1
};
using stroke = std::vector<point>;

/// The strokes that a text of digit_shapes describes.
inline std::vector<stroke> strokes_of(std::string_view shape) {
    std::vector<stroke> strokes(1);
    std::istringstream text{std::string(shape)};
    for (std::string word; text >> word;) {
        if (word == "|") {
            strokes.emplace_back();
        } else {
            const std::size_t comma = word.find(',');
            strokes.back().push_back({std::stod(word) / 100, std::stod(word.substr(comma + 1)) / 100});
        }
    }
    return strokes;
}

/// A smooth line through the points (Catmull and Rom), as short straight pieces.
inline stroke smooth(const stroke& through) {
    constexpr int pieces = 6;
    stroke line;
    const std::size_t n = through.size();
    for (std::size_t i = 0; i + 1 < n; ++i) {
        const point a = through[i == 0 ? 0 : i - 1], b = through[i], c = through[i + 1],
                    d = through[std::min(i + 2, n - 1)];
        const auto between = [](double p, double q, double r, double s, double t) {
            return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
        };
        for (int k = 0; k < pieces; ++k) {
            const double t = static_cast<double>(k) / pieces;
            line.push_back({between(a.x, b.x, c.x, d.x, t), between(a.y, b.y, c.y, d.y, t)});
        }
    }
    line.push_back(through.back());
    return line;
}

inline double distance(point p, point from, point to) {
    const double dx = to.x - from.x, dy = to.y - from.y;
    const double length = dx * dx + dy * dy;
    const double along = length > 0 ? std::clamp(((p.x - from.x) * dx + (p.y - from.y) * dy) / length, 0.0, 1.0) : 0.0;
    return std::hypot(p.x - from.x - along * dx, p.y - from.y - along * dy);
}

/// One writing of a digit: a hand's slant, size, place and pen, the same for all strokes of the digit.
struct hand {
    double wide, high, slant, turn, right, down, pen;

    explicit hand(random_source& random)
        : wide(random.uniform(6.0, 10.5)),
          high(random.uniform(8.0, 10.5)),
          slant(0.08 + 0.22 * random.normal()),
          turn(0.10 * random.normal()),
          right(0.9 * random.normal()),
          down(0.9 * random.normal()),
          pen(random.uniform(0.8, 1.9)) {}

    /// From the box of the digit to pixels.
    point place(point p) const {
        const double x = wide * p.x - slant * high * p.y, y = high * p.y;
        constexpr double middle = (drawn_side - 1) / 2.0;
        return {middle + right + std::cos(turn) * x - std::sin(turn) * y,
                middle + down + std::sin(turn) * x + std::cos(turn) * y};
    }
};

}  // namespace detail

/// Draws a digit as a hand would: one of the usual shapes, with jitter, slant, turn, size, place, pen and noise.
///
/// @param digit   0 .. 9.
/// @param random  where the hand comes from: the same state gives the same picture.
/// @param pixels  28 x 28, row by row, 0 (paper) to 255 (ink).
inline void draw_digit(std::size_t digit, random_source& random,
                       std::span<std::uint8_t, drawn_side * drawn_side> pixels) {
    const auto& ways = digit_shapes[digit];
    const std::string_view shape = ways[random.below(ways.size())];
    std::vector<detail::stroke> strokes = detail::strokes_of(shape);
    const detail::hand hand(random);

    std::array<double, drawn_side * drawn_side> ink{};
    for (detail::stroke& through : strokes) {
        for (detail::point& p : through) {
            p = hand.place({p.x + 0.07 * random.normal(), p.y + 0.06 * random.normal()});
        }
        const detail::stroke line = detail::smooth(through);
        for (std::size_t i = 0; i + 1 < line.size(); ++i) {
            const double reach = hand.pen + 1.0;
            const auto first = [&](double a, double b) {
                return static_cast<std::size_t>(std::clamp(std::min(a, b) - reach, 0.0, drawn_side - 1.0));
            };
            const auto last = [&](double a, double b) {
                return static_cast<std::size_t>(std::clamp(std::max(a, b) + reach, 0.0, drawn_side - 1.0));
            };
            for (std::size_t y = first(line[i].y, line[i + 1].y); y <= last(line[i].y, line[i + 1].y); ++y) {
                for (std::size_t x = first(line[i].x, line[i + 1].x); x <= last(line[i].x, line[i + 1].x); ++x) {
                    const detail::point here{static_cast<double>(x), static_cast<double>(y)};
                    const double inside = hand.pen + 0.5 - detail::distance(here, line[i], line[i + 1]);
                    double& dot = ink[y * drawn_side + x];
                    dot = std::max(dot, std::clamp(inside, 0.0, 1.0));  // a soft edge, one pixel wide
                }
            }
        }
    }
    const double darkness = random.uniform(0.75, 1.0);
    for (std::size_t i = 0; i < ink.size(); ++i) {
        const double grain = ink[i] > 0 ? 0.10 * random.normal() : 0.02 * std::abs(random.normal());
        pixels[i] = static_cast<std::uint8_t>(std::lround(255.0 * std::clamp(darkness * ink[i] + grain, 0.0, 1.0)));
    }
}

}  // namespace examples
