#pragma once

#include "file_error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace examples {

/// A text as symbols 0, 1, ...: one for each different byte in it.
class symbol_text {
  public:
    std::string alphabet;  ///< the byte of each symbol
    std::vector<std::uint8_t> symbols;

    /// Of these files, one after the other. Errors: file_error.
    explicit symbol_text(const std::vector<std::string>& files) {
        std::string text;
        for (const std::string& file : files) {
            std::ifstream in(file, std::ios::binary);
            if (!in || std::filesystem::is_directory(file)) throw file_error(file, "cannot be opened");
            text.append(std::istreambuf_iterator<char>(in), {});
            if (in.bad()) throw file_error(file, "cannot be read");
        }
        alphabet = text;
        std::ranges::sort(alphabet);
        alphabet.erase(std::ranges::unique(alphabet).begin(), alphabet.end());
        symbols.reserve(text.size());
        for (const char c : text) symbols.push_back(static_cast<std::uint8_t>(alphabet.find(c)));
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
