#pragma once

#include "drawn_digits.hpp"
#include "idx.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace examples {

/// Pictures of digits, and which digits they are.
struct digits {
    Eigen::MatrixXf pixels;            ///< one picture a column, row by row; 0 (paper) to 1 (ink)
    std::vector<std::uint8_t> labels;  ///< 0 .. 9, one per column
};

/// The first `count` of them, or all.
inline digits first_of(const digits& all, std::size_t count) {
    const auto kept = std::min(count, all.labels.size());
    return {all.pixels.leftCols(static_cast<Eigen::Index>(kept)),
            {all.labels.begin(), all.labels.begin() + static_cast<std::ptrdiff_t>(kept)}};
}

/// Digits to learn from, and digits to be tested with.
struct digit_data {
    digits train, test;
    std::string source;  ///< one line for the reader
};

namespace detail {

inline Eigen::MatrixXf as_columns(std::span<const std::uint8_t> bytes, std::size_t count) {
    const auto n = static_cast<Eigen::Index>(count);
    const Eigen::Map<const Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic>> all(
        bytes.data(), static_cast<Eigen::Index>(bytes.size()) / n, n);
    return all.cast<float>() / 255.0F;
}

/// The file as it is called, or with .gz, whichever is there.
inline std::string plain_or_gz(const std::filesystem::path& file) {
    const std::string zipped = file.string() + ".gz";
    return !std::filesystem::exists(file) && std::filesystem::exists(zipped) ? zipped : file.string();
}

/// "DIR/t10k" -> the pair DIR/t10k-images-idx3-ubyte, DIR/t10k-labels-idx1-ubyte
inline digits read_pair(const std::string& stem) {
    const std::string image_file = plain_or_gz(stem + "-images-idx3-ubyte");
    const std::string label_file = plain_or_gz(stem + "-labels-idx1-ubyte");
    const idx_array images = read_idx(image_file, 3);
    idx_array labels = read_idx(label_file, 1);
    const std::size_t count = images.sizes[0];
    if (labels.sizes[0] != count) {
        throw file_error(label_file, "wrong count: " + std::to_string(labels.sizes[0]) + " labels, but " +
                                         std::to_string(count) + " images in " + image_file);
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (labels.bytes[i] > 9) {
            throw file_error(label_file, "label " + std::to_string(i + 1) + " is " + std::to_string(labels.bytes[i]) +
                                             ", and digits are 0 to 9");
        }
    }
    return {as_columns(images.bytes, count), std::move(labels.bytes)};
}

inline digits draw(std::size_t count, random_source& random) {
    constexpr std::size_t size = drawn_side * drawn_side;
    std::vector<std::uint8_t> bytes(count * size);
    digits drawn;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t digit = random.below(10);
        draw_digit(digit, random, std::span(bytes).subspan(i * size).first<size>());
        drawn.labels.push_back(static_cast<std::uint8_t>(digit));
    }
    drawn.pixels = as_columns(bytes, count);
    return drawn;
}

}  // namespace detail

/// The MNIST files of a directory, plain or gzip.
///
/// With train-* and t10k-* these are to train and to test. With t10k-* alone, its first four fifths are to train
/// (8,000 of 10,000) and the others to test.
/// Errors: file_error.
inline digit_data read_digits(const std::filesystem::path& directory) {
    if (!std::filesystem::is_directory(directory)) throw file_error(directory.string(), "no such directory");
    const auto has = [&](const char* file) { return std::filesystem::exists(detail::plain_or_gz(directory / file)); };
    digits test = detail::read_pair((directory / "t10k").string());
    if (has("train-images-idx3-ubyte") || has("train-labels-idx1-ubyte")) {
        digits train = detail::read_pair((directory / "train").string());
        if (train.pixels.rows() != test.pixels.rows()) {
            throw file_error(directory.string(), "the pictures of train and t10k differ in size");
        }
        return {std::move(train), std::move(test), directory.string() + ", train and t10k files"};
    }
    const auto cut = static_cast<std::ptrdiff_t>(test.labels.size() * 4 / 5);
    if (cut == 0) throw file_error(directory.string(), "fewer than two digits");
    const std::vector<std::uint8_t>& labels = test.labels;
    return {{test.pixels.leftCols(cut), {labels.begin(), labels.begin() + cut}},
            {test.pixels.rightCols(test.pixels.cols() - cut), {labels.begin() + cut, labels.end()}},
            directory.string() + ", t10k files, split"};
}

/// Digits that this program draws itself.
inline digit_data draw_digits(std::size_t train, std::size_t test, std::uint64_t seed) {
    random_source random(seed);
    digits first = detail::draw(train, random);
    return {std::move(first), detail::draw(test, random), "drawn by this program"};
}

}  // namespace examples
