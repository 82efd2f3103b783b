#pragma once

#include "inflated_file.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace examples {

/// What an IDX file of unsigned bytes holds (the format of MNIST).
struct idx_array {
    std::vector<std::size_t> sizes;  ///< one per dimension, slowest first
    std::vector<std::uint8_t> bytes;
};

namespace detail {

inline std::string hexadecimal(std::uint32_t value) {
    std::string digits = "0x00000000";
    for (std::size_t i = 9; i >= 2; --i, value >>= 4U) digits[i] = "0123456789abcdef"[value & 15U];
    return digits;
}

/// "10000 x 28 x 28"
inline std::string product(std::span<const std::size_t> sizes) {
    std::string text;
    for (const std::size_t size : sizes) text += (text.empty() ? "" : " x ") + std::to_string(size);
    return text;
}

}  // namespace detail

/// Reads an IDX file of unsigned bytes, plain or gzip.
///
/// @param file        its name.
/// @param dimensions  how many it must have: 1 for labels, 3 for images.
/// Errors: file_error: missing, unreadable, no IDX file of that kind, truncated, longer than its header says,
/// corrupted.
inline idx_array read_idx(const std::string& file, std::size_t dimensions) {
    inflated_file in(file);
    const auto number = [&](const char* what) {
        std::array<std::uint8_t, 4> b{};
        if (in.read(b) != b.size()) throw file_error(file, std::string("truncated: it ends within ") + what);
        return std::uint32_t{b[0]} << 24U | std::uint32_t{b[1]} << 16U | std::uint32_t{b[2]} << 8U |
               std::uint32_t{b[3]};
    };

    const auto expected = static_cast<std::uint32_t>(0x0800U + dimensions);  // 8: unsigned bytes
    const std::uint32_t magic = number("the magic number");
    if (magic != expected) {
        throw file_error(file, "wrong magic number " + detail::hexadecimal(magic) + ", expected " +
                                   detail::hexadecimal(expected) +
                                   " (IDX, unsigned bytes, dimensions: " + std::to_string(dimensions) + ")");
    }

    idx_array array;
    std::size_t total = 1;
    for (std::size_t d = 0; d < dimensions; ++d) {
        const std::size_t size = number("the header");
        if (size == 0) throw file_error(file, "empty: dimension " + std::to_string(d + 1) + " has size 0");
        if (total > std::numeric_limits<std::ptrdiff_t>::max() / size) throw file_error(file, "impossible sizes");
        array.sizes.push_back(size);
        total *= size;
    }

    // In pieces: a wrong header must not make us ask for all the memory there is.
    constexpr std::size_t piece = std::size_t{1} << 24U;
    while (array.bytes.size() < total) {
        const std::size_t before = array.bytes.size();
        array.bytes.resize(std::min(total, before + piece));
        const std::size_t got = in.read(std::span(array.bytes).subspan(before));
        if (before + got < array.bytes.size()) {
            throw file_error(file, "truncated: " + std::to_string(before + got) + " bytes of data, the header says " +
                                       detail::product(array.sizes) + " = " + std::to_string(total));
        }
    }
    std::array<std::uint8_t, 1> beyond{};
    if (in.read(beyond) != 0) {  // and at the end of a gzip file is its checksum
        throw file_error(file, "trailing bytes after the " + detail::product(array.sizes) + " that the header says");
    }
    return array;
}

}  // namespace examples
