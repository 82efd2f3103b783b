#pragma once

#include <furl/base/finite.hpp>
#include <furl/print/words.hpp>
#include <furl/program/program.hpp>

#include <string>
#include <string_view>

// Lines of a text in a programming language.
namespace FURL_NAMESPACE::detail {

/// Lines of text with an indentation.
class indented_lines {
  public:
    std::string text;

    void line(std::string_view content, std::size_t depth) {
        if (!content.empty()) text.append(4 * depth, ' ') += content;
        text += '\n';
    }
};

/// A number as a literal of Python or C: with a point or an exponent, so that it is no integer.
inline std::string float_text(double value, std::string_view infinity_name) {
    if (is_infinite(value)) return (value < 0 ? "-" : "") + std::string(infinity_name);
    auto text = number_text(value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

/// The number that a state is filled with before the first step.
template <std::size_t Capacity>
double initial_number(const program<Capacity>& p, const state_entry& s) {
    return p[s.initial].code == op::constant ? p[s.initial].value : 0.0;
}

/// Whether a text has this identifier.
inline bool mentions(std::string_view text, std::string_view identifier) {
    const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    for (auto at = text.find(identifier); at != text.npos; at = text.find(identifier, at + 1)) {
        const auto end = at + identifier.size();
        if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
    }
    return false;
}

}  // namespace furl::detail
