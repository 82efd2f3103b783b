#pragma once

#include <furl/print/equations.hpp>
#include <furl/program/fingerprint.hpp>

namespace FURL_NAMESPACE {

namespace detail {

inline std::string dot_label(const instruction& x) {
    switch (x.code) {
        case op::constant: return number_text(x.value);
        case op::hyper: case op::input: case op::step_input: return std::string(x.name);
        case op::previous: return "previous(" + std::string(x.name) + ")";
        default: return std::string(scope_text(x)) + std::string(info(x.code).text);
    }
}

}  // namespace detail

/// The fused program of a rule as a Graphviz graph: memory as boxes, values per parameter as ellipses, values per step
/// and per tensor in grey, reductions as double circles.
template <class Rule, class Numerics = contracted>
    requires well_formed<Rule>
std::string dot() {
    using plan = furl::plan<Rule, Numerics>;
    std::string result = "digraph {\n  rankdir=LR\n  node [fontname=\"Helvetica\"]\n";
    const auto node = [](std::size_t i) { return "v" + std::to_string(i); };
    for (std::size_t i = 0; i < plan::size; ++i) {
        const auto& x = plan::program.code[i];
        const bool memory = x.where == domain::element && info(x.code).kind == op_kind::leaf;
        const bool reduction = is_reduction(x.code);
        result += "  " + node(i) + " [label=" + detail::quoted(detail::dot_label(x));
        if (memory) result += ", shape=box";
        else if (reduction) result += ", shape=doublecircle";
        else if (x.where != domain::element) result += ", color=gray, fontcolor=gray40";
        result += "]\n";
        for (auto operand : x.operands)
            if (operand >= 0) result += "  " + node(static_cast<std::size_t>(operand)) + " -> " + node(i) + "\n";
    }
    for (std::size_t k = 0; k < plan::streams.size(); ++k) {
        const auto& stream = plan::streams[k];
        if (stream.store < 0) continue;
        const auto target = "s" + std::to_string(k);
        result += "  " + target + " [label=" + detail::quoted(k == 0 ? std::string_view("updated") : stream.name) +
                  ", shape=box, style=bold]\n";
        result += "  " + node(static_cast<std::size_t>(stream.store)) + " -> " + target + "\n";
    }
    return result + "}\n";
}

/// For a rule that is not well formed: reports its error.
template <class Rule, class Numerics = contracted>
std::string dot() {
    [[maybe_unused]] constexpr diagnose<Rule> report{};
    return {};
}

}  // namespace furl
