#pragma once

#include <furl/print/text.hpp>
#include <furl/print/type_name.hpp>
#include <furl/program/cost.hpp>

namespace FURL_NAMESPACE {

namespace detail {

inline void join(std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; }

inline std::string counted_noun(int n, std::string_view one, std::string_view many) {
    return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

inline std::string operations_text(const cost_table& c) {
    std::string list;
    const auto add = [&](int n, std::string_view one, std::string_view many) {
        if (n > 0) join(list, counted_noun(n, one, many));
    };
    add(c.loads, "load", "loads");
    add(c.stores, "store", "stores");
    add(c.fused, "fused multiply-add", "fused multiply-adds");
    add(c.multiplications, "multiplication", "multiplications");
    add(c.additions, "addition", "additions");
    add(c.divisions, "division", "divisions");
    add(c.square_roots, "square root", "square roots");
    add(c.functions, "function", "functions");
    add(c.others, "other operation", "other operations");
    add(c.reductions, "reduction", "reductions");
    return list;
}

template <class Plan>
std::string walk_text(std::size_t walk) {
    std::string reads, writes;
    for (std::size_t k = 0; k < Plan::streams.size(); ++k) {
        const std::string name(Plan::streams[k].name);
        if (Plan::walk_reads(walk, k)) join(reads, name);
        if (walk + 1 == Plan::order.walks && Plan::streams[k].store >= 0) join(writes, name);
    }
    for (auto m : Plan::order.matrices) {
        const auto function = std::string(Plan::program[m].function->name);
        for (auto pass = Plan::order.first[walk]; pass < Plan::order.first[walk + 1]; ++pass)
            for (auto i : Plan::order.elements[pass])
                if (i == m) join(reads, "the result of " + function);
        if (Plan::order.walk_of(static_cast<std::size_t>(Plan::order.level[Plan::program[m].operands[0]])) == walk)
            join(writes, "the operand of " + function + " (scratch memory)");
    }
    if (reads.empty()) reads = "nothing";
    std::size_t reductions = 0;
    for (auto r : Plan::row_reductions) reductions += Plan::order.walk_of(static_cast<std::size_t>(Plan::order.level[r])) == walk;
    return (reductions > 0 ? "row by row, reduces each, then goes on; reads " : "reads ") + reads + (writes.empty() ? "; writes nothing" : "; writes " + writes);
}

inline std::string_view domain_text(domain where) {
    switch (where) {
        case domain::element: return "one value per parameter";
        case domain::row: return "one value per row";
        case domain::column: return "one value per column";
        case domain::tensor: return "one value per tensor";
        default: return "one value";
    }
}

}  // namespace detail

/// The plan of a rule: its equations, states, hyperparameters, passes, streams and operations.
template <class Rule, class T = float, class Numerics = contracted>
    requires well_formed<Rule, T>
std::string explain() {
    using plan = furl::plan<Rule, Numerics>;
    constexpr auto c = cost<Rule, T, Numerics>;
    const auto& written = stages<Rule>::written;

    std::string result(type_name<Rule>());
    result += ": " + detail::counted_noun(c.passes, "pass", "passes") + " over memory, " +
              std::to_string(c.bytes_per_parameter) + " bytes per parameter (" + std::string(type_name<T>()) + ")\n";

    result += "\nequations\n";
    const auto lines = text<Rule>();
    for (std::size_t begin = 0; begin < lines.size();) {
        const auto end = lines.find('\n', begin) + 1;
        result += "  " + lines.substr(begin, end - begin);
        begin = end;
    }
    if (!written.states.empty()) {
        result += "\nstates\n";
        auto printer = detail::printer_for<detail::text_style>(written);
        for (const auto& s : written.states)
            result += "  " + std::string(s.name) + ": " + std::string(detail::domain_text(s.where)) + ", starts at " +
                      printer.value({nullptr, s.initial}) + "\n";
    }
    if (!written.hypers.empty()) {
        std::string list;
        for (const auto& h : written.hypers)
            detail::join(list, std::string(h.name) + " = " + detail::number_text(h.default_value));
        result += "\nhyperparameters\n  " + list + "\n";
    }
    result += "\nstep\n";
    if (written.guard >= 0)
        result += "  skipped, with nothing written, unless " +
                  detail::printer_for<detail::text_style>(written).value({nullptr, written.guard}) + "\n";
    if (written.gradient >= 0) result += "  leaves 0 in the place of the gradient\n";
    for (std::size_t k = 0; k < plan::walks_over_memory.size(); ++k)
        result += "  pass " + std::to_string(k + 1) + ": " + detail::walk_text<plan>(plan::walks_over_memory[k]) + "\n";
    result += "  per parameter: " + detail::operations_text(c) + "\n";
    if (c.per_line > 0) result += "  per row or column: " + detail::counted_noun(c.per_line, "operation", "operations") + ", in double\n";
    result += "  per step: " + detail::counted_noun(c.per_step, "operation", "operations") + ", in double\n";
    return result;
}

/// For a rule that is not well formed: reports its error.
template <class Rule, class T = float, class Numerics = contracted>
std::string explain() {
    [[maybe_unused]] constexpr diagnose<Rule, T> report{};
    return {};
}

}  // namespace furl
