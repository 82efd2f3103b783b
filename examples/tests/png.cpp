#include "support/png.hpp"
#include "support/misread.hpp"
#include "tests/scratch_files.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string written(const examples::grey_picture& picture) {
    const examples::scratch_files scratch;
    const std::string file = (scratch.path() / "picture.png").string();
    examples::write_png(file, picture);
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("a PNG of one white pixel has the bytes that the format says") {
    const std::string bytes = written({1, 1, 255});
    CHECK(bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    // Length, kind, size, depth and colour type; the checksum is that of every 1 x 1 grey picture of 8 bits.
    CHECK(bytes.substr(8, 25) == std::string("\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55", 25));
    CHECK(bytes.substr(bytes.size() - 12) == std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12));
}

TEST_CASE("a picture that cannot be written is an error that names the file") {
    CHECK_THROWS_WITH_AS(examples::write_png("/no/such/file.png", {1, 1, 0}), "/no/such/file.png: cannot be written",
                         examples::file_error);
}

TEST_CASE("the picture of misread digits shows those that were misread, in the row of what they are") {
    const examples::digit_data data = examples::draw_digits(1, 4, 1);
    std::vector<std::uint8_t> predicted = data.test.labels;
    const auto ink = [](const examples::grey_picture& picture) {
        std::size_t rows = 0;  // a bit for each row of digits that has some ink
        for (std::size_t i = 0; i < picture.pixels.size(); ++i)
            if (picture.pixels[i] != 255) rows |= std::size_t{1} << (i / picture.width / 32);
        return rows;
    };
    CHECK(ink(examples::misread_picture(data.test, predicted, 3)) == 0);
    predicted[2] = static_cast<std::uint8_t>((predicted[2] + 1) % 10);
    CHECK(ink(examples::misread_picture(data.test, predicted, 3)) == std::size_t{1} << data.test.labels[2]);
}

}  // namespace
