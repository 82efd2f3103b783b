#include <furl/checkpoint/crc32.hpp>

#include <doctest/doctest.h>

#include <string_view>

using furl::detail::crc32;

TEST_CASE("the checksum is that of zlib, however the bytes are given") {
    const auto of = [](std::string_view text) { return crc32().add(std::as_bytes(std::span(text))).value(); };
    CHECK(of("") == 0);
    CHECK(of("123456789") == 0xcbf43926);
    CHECK(of("The quick brown fox jumps over the lazy dog") == 0x414fa339);
    const std::string_view text = "The quick brown fox jumps over the lazy dog";
    for (std::size_t i = 0; i <= text.size(); ++i) {
        crc32 sum;
        sum.add(std::as_bytes(std::span(text.substr(0, i)))).add(std::as_bytes(std::span(text.substr(i))));
        CHECK(sum.value() == 0x414fa339);
    }
}
