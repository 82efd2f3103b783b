#include "support/progress.hpp"

#include <doctest/doctest.h>

#include <cstdio>

namespace {

TEST_CASE("a progress bar writes nothing where there is no terminal") {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    {
        examples::progress_bar bar(3, file);
        for (int i = 0; i < 3; ++i) bar.advance();
    }
    CHECK(std::ftell(file) == 0);
    std::fclose(file);
}

TEST_CASE("times are written as minutes and seconds") {
    CHECK(examples::minutes(0.2) == "0:00");
    CHECK(examples::minutes(75) == "1:15");
    CHECK(examples::minutes(599.6) == "10:00");
}

}  // namespace
