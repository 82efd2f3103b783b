#pragma once

#include <furl/base/build.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Lists names, with commas between them.
template <class Names>
std::string listed(const Names& names) {
    std::string text;
    for (const auto& name : names) {
        if (!text.empty()) text += ", ";
        text += name;
    }
    return text.empty() ? "none" : text;
}

/// Returns how many insertions, deletions, replacements and swaps of neighbours turn a into b.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, now);
    }
    return last[b.size()];
}

// Names are written in many ways: AdamW, adam-w, adam_w.
inline std::string plain_spelling(std::string_view name) {
    std::string text;
    for (char c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c != '_' && c != '-' && c != ' ' && c != '.') text += c;
    }
    return text;
}

/// Returns the name that was probably meant: the nearest one, if at most a third of its characters differ; else an empty name.
template <class Names>
std::string_view nearest_name(std::string_view name, const Names& names) {
    const auto plain = plain_spelling(name);
    std::string_view best;
    auto least = static_cast<std::size_t>(-1);
    for (std::string_view candidate : names) {
        const auto other = plain_spelling(candidate);
        const auto distance = edit_distance(plain, other);
        if (3 * distance > std::max(plain.size(), other.size())) continue;
        const auto rank = 2 * distance + (plain.size() != other.size());  // among equally near names, one of the same length wins
        if (rank >= least) continue;
        least = rank;
        best = candidate;
    }
    return best;
}

/// "no KIND 'name', did you mean 'nearest'? OWNER has: ..."
template <class Names>
std::string no_such(std::string_view kind, std::string_view name, std::string_view owner, const Names& names) {
    std::string text = "furl: no " + std::string(kind) + " '" + std::string(name) + "'";
    const auto meant = nearest_name(name, names);
    text += meant.empty() ? "; " : ", did you mean '" + std::string(meant) + "'? ";
    return text + std::string(owner) + " has: " + listed(names);
}

}  // namespace furl::detail
