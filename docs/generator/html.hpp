#pragma once

#include <string>
#include <string_view>

namespace docs {

/// Text with the letters that HTML has for itself replaced.
std::string escaped(std::string_view text);

/// The text of a doc comment as HTML: formulas, `code`, arXiv numbers as links.
std::string inline_html(std::string_view text);

/// A number in few digits.
std::string number(double value, int digits = 3);

/// Writes a file, unless it holds this text already.
void write_file(const std::string& path, const std::string& text);

}  // namespace docs
