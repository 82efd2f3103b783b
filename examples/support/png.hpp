#pragma once

#include "file_error.hpp"

#include <zlib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace examples {

/// A picture in shades of grey: 0 black, 255 white; row by row.
struct grey_picture {
    std::size_t width, height;
    std::vector<std::uint8_t> pixels;

    grey_picture(std::size_t across, std::size_t down, std::uint8_t shade)
        : width(across), height(down), pixels(across * down, shade) {}

    std::uint8_t& operator()(std::size_t x, std::size_t y) { return pixels[y * width + x]; }
};

/// Writes a picture as a PNG file. Errors: file_error.
inline void write_png(const std::string& file, const grey_picture& picture) {
    std::vector<std::uint8_t> rows;  // each begins with its filter: none
    for (std::size_t y = 0; y < picture.height; ++y) {
        const auto row = picture.pixels.begin() + static_cast<std::ptrdiff_t>(y * picture.width);
        rows.push_back(0);
        rows.insert(rows.end(), row, row + static_cast<std::ptrdiff_t>(picture.width));
    }
    uLongf size = compressBound(static_cast<uLong>(rows.size()));
    std::string data(size, '\0');
    compress2(reinterpret_cast<Bytef*>(data.data()), &size, rows.data(), static_cast<uLong>(rows.size()), 9);
    data.resize(size);

    std::ofstream out(file, std::ios::binary);
    const auto number = [](std::size_t value) {
        std::string bytes;
        for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>(value >> (shift - 8) & 255U);
        return bytes;
    };
    const auto chunk = [&](const std::string& kind, const std::string& content) {
        const std::string checked = kind + content;
        const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
        out << number(content.size()) << checked << number(sum);
    };
    out << "\x89PNG\r\n\x1a\n";
    const std::string grey_of_8_bits{8, 0, 0, 0, 0};
    chunk("IHDR", number(picture.width) + number(picture.height) + grey_of_8_bits);
    chunk("IDAT", data);
    chunk("IEND", "");
    if (!out.flush()) throw file_error(file, "cannot be written");
}

}  // namespace examples
