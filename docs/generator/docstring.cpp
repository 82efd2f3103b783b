#include "docstring.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace docs {

namespace {

std::vector<std::string> read_lines(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    std::vector<std::string> lines;
    // Readers need not know what a unit is compiled for; see furl/base/build.hpp.
    static const std::regex build("FURL_NAMESPACE");
    for (std::string line; std::getline(in, line);) lines.push_back(std::regex_replace(line, build, "furl"));
    return lines;
}

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

bool is_doc(const std::string& line) { return trimmed(line).starts_with("///"); }

void append_line(std::string& text, const std::string& line) { text += (text.empty() ? "" : " ") + trimmed(line); }

docstring parse(const std::vector<std::string>& lines, std::size_t begin, std::size_t end) {
    static const std::regex label(R"(([A-Z][A-Za-z]*(?:, [A-Z][a-z]+)*):  +(.*))");
    static const std::regex command(R"((@t?param +\w+|@returns) +(.*))");
    docstring doc;
    bool new_paragraph = true;
    for (std::size_t i = begin; i < end; ++i) {
        const auto line = trimmed(trimmed(lines[i]).substr(3));
        std::smatch match;
        if (line.empty()) {
            new_paragraph = true;
        } else if (std::regex_match(line, match, label) || std::regex_match(line, match, command)) {
            doc.sections.push_back({match[1], trimmed(match[2])});
            new_paragraph = false;
        } else if (!doc.sections.empty() && !new_paragraph) {
            append_line(doc.sections.back().text, line);
        } else {
            if (new_paragraph || doc.paragraphs.empty()) doc.paragraphs.emplace_back();
            append_line(doc.paragraphs.back(), line);
            new_paragraph = false;
        }
    }
    return doc;
}

std::size_t first_doc_line(const std::vector<std::string>& lines, std::size_t before) {
    while (before > 0 && is_doc(lines[before - 1])) --before;
    return before;
}

std::string included_as(const std::filesystem::path& file, const std::filesystem::path& include) {
    return file.lexically_relative(include).generic_string();
}

std::vector<std::filesystem::path> headers(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".hpp") files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

}  // namespace

std::string docstring::find(std::string_view label) const {
    for (const auto& s : sections)
        if (s.label == label) return s.text;
    return {};
}

std::map<std::string, documented> read_rules(const std::filesystem::path& include) {
    static const std::regex head(R"(struct (\w+)(?: : (?:furl::)?(?:zoo::)?(\w+))? \{)");
    std::map<std::string, documented> rules;
    for (const auto& file : headers(include / "furl" / "zoo")) {
        const auto lines = read_lines(file);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            std::smatch match;
            if (!std::regex_match(lines[i], match, head)) continue;
            auto& rule = rules[match[1]];
            rule.header = included_as(file, include);
            rule.base = match[2];
            rule.doc = parse(lines, first_doc_line(lines, i), i);
            for (; i < lines.size(); ++i) {
                rule.source += lines[i] + "\n";
                if (lines[i] == "};") break;
            }
        }
    }
    return rules;
}

std::vector<documented_block> read_blocks(const std::filesystem::path& include, const std::filesystem::path& folder) {
    static const std::regex head(R"((?:inline )?constexpr [\w<>:, ]+? (\w+)\(.*)");
    static const std::regex scope(R"(namespace ([\w:]+) \{)");
    std::vector<documented_block> blocks;
    for (const auto& file : headers(include / folder)) {
        const auto lines = read_lines(file);
        std::string space;
        int detail = 0;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            std::smatch match;
            if (std::regex_match(lines[i], match, scope)) {
                if (match[1] == "detail") ++detail;
                else space = match[1].str() == "furl" ? "" : match[1].str().substr(6) + "::";
            }
            if (lines[i].starts_with("}  // namespace detail")) --detail;
            if (detail > 0 || !std::regex_match(lines[i], match, head)) continue;
            std::size_t declaration = i;
            while (declaration > 0 && !lines[declaration - 1].empty() && !is_doc(lines[declaration - 1]) &&
                   lines[declaration - 1] != "}")
                --declaration;
            const auto doc = parse(lines, first_doc_line(lines, declaration), declaration);
            if (doc.paragraphs.empty() || doc.paragraphs[0].starts_with("Error E") ||
                doc.paragraphs[0].starts_with("The same,"))
                continue;
            std::string source;
            for (auto k = declaration; k < lines.size(); ++k) {
                const auto brace = lines[k].rfind(" {");
                source += lines[k].substr(0, brace) + "\n";
                if (brace != lines[k].npos) break;
            }
            blocks.push_back({space + match[1].str(), {included_as(file, include), doc, source, {}}});
        }
    }
    return blocks;
}

}  // namespace docs
