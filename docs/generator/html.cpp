#include "html.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace docs {

std::string escaped(std::string_view text) {
    std::string result;
    for (char c : text) {
        switch (c) {
            case '&': result += "&amp;"; break;
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '"': result += "&quot;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string inline_html(std::string_view text) {
    static const std::regex arxiv(R"(arXiv[ :](\d{4}\.\d{4,5}))");
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view rest = text.substr(i);
        if (rest.starts_with("\\f$")) {
            const auto end = rest.find("\\f$", 3);
            if (end == rest.npos) throw std::runtime_error("a formula without an end: " + std::string(text));
            result += "\\(" + escaped(rest.substr(3, end - 3)) + "\\)";
            i += end + 3;
        } else if (rest.front() == '`') {
            const auto end = rest.find('`', 1);
            if (end == rest.npos) throw std::runtime_error("code without an end: " + std::string(text));
            result += "<code>" + escaped(rest.substr(1, end - 1)) + "</code>";
            i += end + 1;
        } else {
            const auto end = std::min(rest.find("\\f$"), rest.find('`'));
            result += std::regex_replace(escaped(rest.substr(0, end)), arxiv, "<a href=\"https://arxiv.org/abs/$1\">arXiv $1</a>");
            i += std::min(end, rest.size());
        }
    }
    return result;
}

std::string number(double value, int digits) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits).ptr;
    return {buffer, end};
}

void write_file(const std::string& path, const std::string& text) {
    if (std::ifstream old(path, std::ios::binary); old) {
        const std::string before{std::istreambuf_iterator<char>(old), {}};
        if (before == text) return;
    }
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace docs
