#include "support/symbols.hpp"
#include "tests/scratch_files.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using examples::symbol_text;

TEST_CASE("a text is symbols, and the symbols are the text") {
    const examples::scratch_files scratch;
    const std::string content = "abba \u03b8 = \u03b8";
    const symbol_text text({scratch.plain("a.txt", content), scratch.plain("b.txt", "!")});
    CHECK(text.decode(text.symbols) == content + "!");
    CHECK(text.symbols.size() == 11);  // a character of two bytes is one symbol
    CHECK(text.alphabet.size() == 6);
}

TEST_CASE("any run of symbols is whole characters") {
    const examples::scratch_files scratch;
    const symbol_text text({scratch.plain("a.txt", "\u03b8\u2207")});
    CHECK(text.decode(std::vector<std::uint8_t>{1, 0}) == "\u2207\u03b8");
}

TEST_CASE("a text of too many different characters, and a missing file, are errors") {
    const examples::scratch_files scratch;
    std::string many;
    for (int i = 0; i < 32; ++i)
        for (int k = 0; k < 32; ++k) many += {static_cast<char>(0xC4 + i % 16), static_cast<char>(0x80 + k)};
    CHECK_THROWS_WITH(symbol_text({scratch.plain("a.txt", many)}), "the text has more than 256 different characters");
    CHECK_THROWS_AS(symbol_text({"/no/such"}), examples::file_error);
}

TEST_CASE("the documentation is the Markdown files, without builds") {
    const examples::scratch_files scratch;
    std::filesystem::create_directories(scratch.path() / "build");
    std::filesystem::create_directories(scratch.path() / "docs");
    const std::string second = scratch.plain("docs/b.md", "b"), first = scratch.plain("a.md", "a");
    scratch.plain("build/c.md", "c");
    scratch.plain("d.txt", "d");
    CHECK(examples::documentation(scratch.path()) == std::vector<std::string>{first, second});
    CHECK_THROWS_AS(examples::documentation(scratch.path() / "build" / "none"), examples::file_error);
}

}  // namespace
