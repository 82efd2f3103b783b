#include "support/idx.hpp"
#include "support/digits.hpp"
#include "tests/scratch_files.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <sstream>
#include <string>

namespace {

using examples::read_idx;
using examples::scratch_files;

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>(value >> (shift - 8) & 255U);
    return bytes;
}

std::string header(std::initializer_list<std::uint32_t> sizes) {
    std::string bytes = big_endian(static_cast<std::uint32_t>(0x0800U + sizes.size()));
    for (const std::uint32_t size : sizes) bytes += big_endian(size);
    return bytes;
}

std::string read_file(const std::string& file) {
    std::stringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    return content.str();
}

/// The message of the error; it must begin with the file's name and be one line.
std::string error_of(const std::string& file, std::size_t dimensions) {
    try {
        read_idx(file, dimensions);
    } catch (const examples::file_error& error) {
        const std::string message = error.what();
        CHECK(message.find('\n') == std::string::npos);
        REQUIRE(message.starts_with(file + ": "));
        return message.substr(file.size() + 2);
    }
    return "no error";
}

std::string error_of_directory(const scratch_files& directory) {
    try {
        examples::read_digits(directory.path());
    } catch (const examples::file_error& error) {
        std::string message = error.what();
        const std::string prefix = directory.path().string();
        for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
            message.replace(at, prefix.size(), "DIR");
        }
        return message;
    }
    return "no error";
}

const std::string two_images = header({2, 2, 3}) + std::string("\x00\x01\x02\x03\x04\x05\xff\xfe\xfd\xfc\xfb\xfa", 12);
const std::string two_labels = header({2}) + std::string("\x07\x02", 2);

TEST_CASE("an IDX file reads the same plain and as gzip") {
    const scratch_files directory;
    for (const std::string& file : {directory.plain("a", two_images), directory.gzip("a.gz", two_images)}) {
        const examples::idx_array array = read_idx(file, 3);
        CHECK(array.sizes == std::vector<std::size_t>{2, 2, 3});
        CHECK(array.bytes == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 255, 254, 253, 252, 251, 250});
    }
}

TEST_CASE("a wrong IDX file gives one line that says which file and why") {
    const scratch_files directory;
    const auto plain = [&](const std::string& content) { return error_of(directory.plain("a", content), 3); };
    CHECK(error_of((directory.path() / "none").string(), 3) == "cannot be opened: No such file or directory");
    CHECK(error_of(directory.path().string(), 3).starts_with("cannot be "));
    CHECK(plain("") == "truncated: it ends within the magic number");
    CHECK(plain(two_images.substr(0, 10)) == "truncated: it ends within the header");
    CHECK(plain(two_images.substr(0, 23)) == "truncated: 7 bytes of data, the header says 2 x 2 x 3 = 12");
    CHECK(plain(two_images + "x") == "trailing bytes after the 2 x 2 x 3 that the header says");
    CHECK(plain(two_labels) ==
          "wrong magic number 0x00000801, expected 0x00000803 (IDX, unsigned bytes, dimensions: 3)");
    CHECK(plain("<html>") == "wrong magic number 0x3c68746d, expected 0x00000803 (IDX, unsigned bytes, dimensions: 3)");
    CHECK(plain(header({2, 0, 3})) == "empty: dimension 2 has size 0");
    CHECK(plain(header({0xffffffffU, 0xffffffffU, 0xffffffffU})) == "impossible sizes");
    CHECK(plain(header({0xffffffffU, 28, 28}) + "x") ==
          "truncated: 1 bytes of data, the header says 4294967295 x 28 x 28 = 3367254359280");
}

TEST_CASE("a damaged gzip file gives one line that says which file and why") {
    const scratch_files directory;
    std::string many(40000, 'x');
    for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<char>(i * i % 251);
    const std::string zipped = read_file(directory.gzip("good.gz", header({40000}) + many));
    const auto damaged = [&](const std::string& bytes) { return error_of(directory.plain("bad.gz", bytes), 1); };

    CHECK(damaged(zipped) == "no error");
    CHECK(damaged(zipped.substr(0, zipped.size() / 2)) == "truncated: the gzip data ends too early");
    CHECK(damaged(zipped.substr(0, zipped.size() - 4)) == "truncated: the gzip data ends too early");
    CHECK(damaged(zipped + "x") == "trailing bytes after the gzip data");
    CHECK(damaged(zipped.substr(0, 2)) == "truncated: the gzip data ends too early");
    std::string checksum = zipped;
    checksum[zipped.size() - 6] = static_cast<char>(checksum[zipped.size() - 6] + 1);
    CHECK(damaged(checksum) == "corrupted gzip data: incorrect data check");
    std::string body = zipped;
    body.replace(12, 40, 40, '\xff');
    CHECK(damaged(body).starts_with("corrupted gzip data: "));
}

TEST_CASE("a directory of digits that do not fit together gives one line that says why") {
    const scratch_files directory;
    CHECK(error_of_directory(directory) == "DIR/t10k-images-idx3-ubyte: cannot be opened: No such file or directory");
    directory.gzip("t10k-images-idx3-ubyte.gz", two_images);
    CHECK(error_of_directory(directory) == "DIR/t10k-labels-idx1-ubyte: cannot be opened: No such file or directory");
    directory.plain("t10k-labels-idx1-ubyte", header({3}) + "\1\2\3");
    CHECK(error_of_directory(directory) ==
          "DIR/t10k-labels-idx1-ubyte: wrong count: 3 labels, but 2 images in "
          "DIR/t10k-images-idx3-ubyte.gz");
    directory.plain("t10k-labels-idx1-ubyte", header({2}) + "\1\x0a");
    CHECK(error_of_directory(directory) == "DIR/t10k-labels-idx1-ubyte: label 2 is 10, and digits are 0 to 9");
    directory.plain("t10k-labels-idx1-ubyte", two_labels);
    CHECK(error_of_directory(directory) == "no error");
    directory.plain("train-images-idx3-ubyte", header({1, 1, 1}) + "x");
    CHECK(error_of_directory(directory) == "DIR/train-labels-idx1-ubyte: cannot be opened: No such file or directory");
    directory.plain("train-labels-idx1-ubyte", header({1}) + "\1");
    CHECK(error_of_directory(directory) == "DIR: the pictures of train and t10k differ in size");
}

TEST_CASE("the t10k pair alone is split, and with the train pair it is the test") {
    const scratch_files directory;
    std::string images = header({10, 1, 2}), labels = header({10});
    for (int i = 0; i < 10; ++i) {
        images += static_cast<char>(i);
        images += '\xff';
        labels += static_cast<char>(i);
    }
    directory.gzip("t10k-images-idx3-ubyte.gz", images);
    directory.gzip("t10k-labels-idx1-ubyte.gz", labels);
    const examples::digit_data split = examples::read_digits(directory.path());
    CHECK(split.train.labels == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(split.test.labels == std::vector<std::uint8_t>{8, 9});
    CHECK(split.train.pixels.cols() == 8);
    CHECK(split.test.pixels(0, 1) == 9 / 255.0F);
    CHECK(split.test.pixels(1, 1) == 1.0F);

    directory.plain("train-images-idx3-ubyte", images);
    directory.plain("train-labels-idx1-ubyte", labels);
    const examples::digit_data both = examples::read_digits(directory.path());
    CHECK(both.train.labels.size() == 10);
    CHECK(both.test.labels.size() == 10);
}

}  // namespace
