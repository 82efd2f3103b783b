#pragma once

#include <furl/print/equations.hpp>
#include <furl/program/fingerprint.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

inline std::string value_number(std::int16_t i) { return "%" + std::to_string(i); }

// Writes an instruction: its operation and its operands.
inline std::string instruction_text(const instruction& x) {
    if (x.code == op::constant) return number_text(x.value);
    std::string text(scope_text(x));
    text += x.function ? x.function->name : info(x.code).text;
    if (!x.name.empty()) text += " " + std::string(x.name);
    for (std::size_t k = 0; k < std::size(x.operands); ++k)
        if (x.operands[k] >= 0) text += (k == 0 ? " " : ", ") + value_number(x.operands[k]);
    return text;
}

inline std::string in_column(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

// Lists the names of a value; the update is named `updated`, and the guard `guard`.
template <std::size_t Capacity>
std::string names_text(const program<Capacity>& p, std::int16_t i) {
    std::string list;
    const auto add = [&](std::string_view name) { list += (list.empty() ? "" : ", ") + std::string(name); };
    for (const auto& n : p.names)
        if (n.value == i) add((n.kind == op::corrected ? "corrected " : "") + std::string(n.name));
    if (p.update == i) add("updated");
    if (p.guard == i) add("guard");
    return list;
}

}  // namespace detail

/// A program as text: a line for each value, with its operands by number, how often it is computed, and its names.
///
/// `%9  = fnma %1, %8, %0            per parameter    updated`
///
/// @param p  a program, such as a stage of a rule.
/// @returns  one line for each instruction, in order.
template <std::size_t Capacity>
std::string listing(const program<Capacity>& p) {
    std::string result;
    for (std::int16_t i = 0; i < static_cast<std::int16_t>(p.code.size()); ++i) {
        const auto names = detail::names_text(p, i);
        auto line = detail::in_column(detail::value_number(i), 4) + "= " +
                    detail::in_column(detail::instruction_text(p[i]), 26) + "per " +
                    (names.empty() ? std::string(detail::domain_word(p[i].where))
                                   : detail::in_column(std::string(detail::domain_word(p[i].where)), 11) + names);
        result += line + "\n";
    }
    return result;
}

/// Writes the plan of a rule as text: the values that are computed once a step, those of each pass over memory, and the values
/// that the last pass writes.
///
/// @returns  a line for the values of step and tensor; for each pass the streams that it reads, its values and
///           what it reduces or stores.
template <class Rule, class Numerics = contracted>
    requires well_formed<Rule>
std::string plan_listing() {
    using plan = furl::plan<Rule, Numerics>;
    const auto values = [](const auto& list, auto wanted) {
        std::string text;
        for (auto i : list)
            if (wanted(plan::program[i])) text += " " + detail::value_number(i);
        return text;
    };
    const auto computed = [](const instruction& x) { return info(x.code).kind != op_kind::leaf; };
    std::string result = "once a step, in double:" +
                         values(plan::order.scalars, [&](const auto& x) { return computed(x) && !is_reduction(x.code); }) + "\n";
    for (std::size_t pass = 0; pass < plan::order.passes; ++pass) {
        result += "pass " + std::to_string(pass + 1) + ", for each parameter:\n  load    ";
        for (std::size_t k = 0; k < plan::streams.size(); ++k)
            if (plan::reads(pass, k))
                result += " " + std::string(plan::streams[k].name) + " -> " + detail::value_number(plan::streams[k].load) + ",";
        if (result.back() == ',') result.pop_back();
        result += "\n  compute " + values(plan::order.elements[pass], computed) + "\n";
        for (auto r : plan::order.reductions)
            if (plan::order.level[r] == static_cast<std::int16_t>(pass) + 1)
                result += "  reduce   " + detail::value_number(plan::program[r].operands[0]) + " -> " +
                          detail::value_number(r) + "\n";
        if (pass + 1 < plan::order.passes) continue;
        result += "  store   ";
        for (const auto& stream : plan::streams)
            if (stream.store >= 0)
                result += " " + detail::value_number(stream.store) + " -> " + std::string(stream.name) + ",";
        result.back() = '\n';
    }
    return result;
}

/// A stage of a rule on its way to the loop: its name, what it does, and the program after it.
struct stage_listing {
    std::string_view name;  ///< the name of the pass
    std::string_view does;  ///< what the pass does, in a few words
    std::string program;    ///< the listing of the program after it
};

/// The stages of a rule on its way to the loop, in order, each with its program: as written, expanded, and then what
/// furl::contracted makes of it, pass by pass.
template <class Rule>
    requires well_formed<Rule>
std::vector<stage_listing> stage_listings() {
    std::vector<stage_listing> list{
        {"written", "the rule, each distinct value once", listing(stages<Rule>::written)},
        {"expanded", "functions and reductions as the operations that executors know", listing(stages<Rule>::expanded)},
    };
    contracted::optimize(stages<Rule>::expanded, [&](std::string_view name, std::string_view does, const auto& program) {
        list.push_back({name, does, listing(program)});
    });
    return list;
}

}  // namespace furl
