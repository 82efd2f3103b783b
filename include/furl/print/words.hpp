#pragma once

#include <furl/base/finite.hpp>
#include <furl/print/rule_info.hpp>

#include <array>
#include <charconv>
#include <string>
#include <string_view>

// The words in which explain and the pages of the zoo tell the facts of a rule.
namespace FURL_NAMESPACE {

/// A number in the fewest digits that read back as the same number.
inline std::string number_text(double value) {
    if (detail::is_infinite(value)) return value < 0 ? "-infinity" : "infinity";
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

/// What a cost table counts for each parameter, and its noun.
struct cost_noun {
    int cost_table::*count;  ///< the member that counts it
    std::string_view one;    ///< the noun for one
    std::string_view many;   ///< the noun for several
};

/// The counts whose sum is loads, stores and operations, in the order in which explain lists them.
inline constexpr std::array cost_nouns{
    cost_noun{&cost_table::loads, "load", "loads"},
    cost_noun{&cost_table::stores, "store", "stores"},
    cost_noun{&cost_table::fused, "fused multiply-add", "fused multiply-adds"},
    cost_noun{&cost_table::multiplications, "multiplication", "multiplications"},
    cost_noun{&cost_table::additions, "addition", "additions"},
    cost_noun{&cost_table::divisions, "division", "divisions"},
    cost_noun{&cost_table::square_roots, "square root", "square roots"},
    cost_noun{&cost_table::functions, "function", "functions"},
    cost_noun{&cost_table::others, "other operation", "other operations"},
    cost_noun{&cost_table::reductions, "reduction", "reductions"},
};

namespace detail {

inline void add_to_list(std::string& list, std::string_view item) { (list += list.empty() ? "" : ", ") += item; }

// Quotes a string of DOT, Python or C. In these a backslash begins an escape sequence, so it is escaped too.
inline std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (c == '\n') result += "\\n";
        else result += c;
    }
    return result + "\"";
}

inline std::string counted_noun(int n, std::string_view one, std::string_view many) {
    return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

// The noun of a domain: what has one value of it.
inline std::string_view domain_word(domain where) {
    switch (where) {
        case domain::element: return "parameter";
        case domain::row: return "row";
        case domain::column: return "column";
        case domain::tensor: return "tensor";
        default: return "step";
    }
}

}  // namespace detail

/// "4 loads, 3 stores, 1 division": the counts for each parameter that are not 0.
inline std::string in_words(const cost_table& c) {
    std::string list;
    for (const auto& noun : cost_nouns)
        if (const int n = c.*noun.count; n > 0) detail::add_to_list(list, detail::counted_noun(n, noun.one, noun.many));
    return list;
}

/// "one value per parameter", "one value per tensor", or "one value" if the whole step shares it.
inline std::string in_words(domain where) {
    return where == domain::step ? "one value" : "one value per " + std::string(detail::domain_word(where));
}

/// "reads param, grad, m; writes param, m".
inline std::string in_words(const pass_info& pass) {
    std::string reads, writes;
    for (auto name : pass.reads) detail::add_to_list(reads, name);
    for (auto name : pass.writes) detail::add_to_list(writes, name);
    const std::string how = pass.row_by_row ? "row by row, reduces each, then goes on; " : "";
    return how + "reads " + (reads.empty() ? "nothing" : reads) + "; writes " + (writes.empty() ? "nothing" : writes);
}

}  // namespace furl
