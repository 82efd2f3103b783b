#pragma once

#include "file_error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace examples {

/// A text as symbols 0, 1, ...: one for each different character of UTF-8 in it.
class symbol_text {
  public:
    std::vector<std::string> alphabet;  ///< the bytes of each symbol
    std::vector<std::uint8_t> symbols;

    /// Of these files, one after the other.
    ///
    /// Errors:  file_error; std::runtime_error if there are more than 256 different characters.
    explicit symbol_text(const std::vector<std::string>& files) {
        std::string text;
        for (const std::string& file : files) {
            std::ifstream in(file, std::ios::binary);
            if (!in || std::filesystem::is_directory(file)) throw file_error(file, "cannot be opened");
            text.append(std::istreambuf_iterator<char>(in), {});
            if (in.bad()) throw file_error(file, "cannot be read");
        }
        std::vector<std::string> characters;
        for (const char c : text) {
            const bool goes_on = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
            if (goes_on && !characters.empty()) characters.back() += c;
            else characters.emplace_back(1, c);
        }
        std::map<std::string, std::uint8_t> symbol_of;
        for (const std::string& character : characters) symbol_of[character];
        if (symbol_of.size() > 256) throw std::runtime_error("the text has more than 256 different characters");
        for (auto& [character, symbol] : symbol_of) {
            symbol = static_cast<std::uint8_t>(alphabet.size());
            alphabet.push_back(character);
        }
        symbols.reserve(characters.size());
        for (const std::string& character : characters) symbols.push_back(symbol_of[character]);
    }

    std::string decode(std::span<const std::uint8_t> some) const {
        std::string text;
        for (const std::uint8_t symbol : some) text += alphabet[symbol];
        return text;
    }
};

/// The Markdown files of a directory and those below it, builds and hidden ones aside, in a fixed order.
///
/// Errors:  file_error if there is none.
inline std::vector<std::string> documentation(const std::filesystem::path& directory) {
    std::vector<std::string> files;
    std::error_code gone;
    for (std::filesystem::recursive_directory_iterator at(directory, gone), end; at != end; at.increment(gone)) {
        const std::string name = at->path().filename().string();
        if (at->is_directory(gone) && (name.starts_with('.') || name.starts_with("build") || name == "subprojects")) {
            at.disable_recursion_pending();
        } else if (name.ends_with(".md")) {
            files.push_back(at->path().string());
        }
    }
    if (files.empty()) throw file_error(directory.string(), "no .md files to read: give one by --text");
    std::ranges::sort(files);
    return files;
}

}  // namespace examples
