#include "support/digits.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

TEST_CASE("the same seed draws the same digits, and another seed draws others") {
    const examples::digit_data a = examples::draw_digits(40, 10, 1), b = examples::draw_digits(40, 10, 1),
                               c = examples::draw_digits(40, 10, 2);
    CHECK(a.train.pixels == b.train.pixels);
    CHECK(a.test.labels == b.test.labels);
    CHECK(a.train.pixels != c.train.pixels);
}

TEST_CASE("every digit is drawn with ink, on paper, and all ten occur") {
    const examples::digits digits = examples::draw_digits(500, 1, 3).train;
    REQUIRE(digits.pixels.rows() == 28 * 28);
    REQUIRE(digits.pixels.cols() == 500);
    for (Eigen::Index j = 0; j < digits.pixels.cols(); ++j) {
        const float ink = digits.pixels.col(j).mean();
        CHECK(ink > 0.02F);
        CHECK(ink < 0.45F);
    }
    for (int digit = 0; digit < 10; ++digit) CHECK(std::count(digits.labels.begin(), digits.labels.end(), digit) > 20);
}

}  // namespace
