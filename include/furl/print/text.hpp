#pragma once

#include <furl/language/matrices.hpp>
#include <furl/print/equations.hpp>

#include <algorithm>

namespace FURL_NAMESPACE {

namespace detail {

/// The notation of the language itself: the text could be compiled.
struct text_style {
    static std::string bracketed(const phrase& x, tightness least) {
        return x.holds < least ? "(" + x.text + ")" : x.text;
    }

    static phrase named(const name_entry& n) {
        return {n.kind == op::corrected ? "bias_corrected(" + std::string(n.name) + ")" : std::string(n.name)};
    }

    static phrase leaf(const instruction& x) {
        switch (x.code) {
            case op::constant: return {number_text(x.value), x.value < 0 ? tightness::sign : tightness::atom};
            case op::hyper: case op::tensor_hyper: case op::input: case op::step_input: return {std::string(x.name)};
            case op::previous: return {"previous(" + std::string(x.name) + ")"};
            case op::count: return {std::string(count_text(x.over))};
            default: return {std::string(info(x.code).text)};
        }
    }

    // A value that a rule names grad would read like the leaf; the language tells them apart by scope.
    static phrase gradient_by_another_name() { return {"furl::grad"}; }

    static phrase infix(const char* symbol, const phrase& a, const phrase& b, tightness holds, bool associative) {
        const auto right = associative ? holds : static_cast<tightness>(static_cast<int>(holds) + 1);
        return {bracketed(a, holds) + symbol + bracketed(b, right), holds};
    }

    static phrase operation(const instruction& i, const std::vector<phrase>& x) {
        switch (i.code) {
            case op::add: return infix(" + ", x[0], x[1], tightness::sum, true);
            case op::subtract: return infix(" - ", x[0], x[1], tightness::sum, false);
            case op::multiply: return infix(" * ", x[0], x[1], tightness::product, false);
            case op::divide: return infix(" / ", x[0], x[1], tightness::product, false);
            case op::negate: return {"-" + bracketed(x[0], tightness::sign), tightness::sign};
            case op::less: return relation(" < ", x);
            case op::less_equal: return relation(" <= ", x);
            case op::greater: return relation(" > ", x);
            case op::greater_equal: return relation(" >= ", x);
            case op::equal: return relation(" == ", x);
            case op::not_equal: return relation(" != ", x);
            case op::logical_and: return infix(" && ", x[0], x[1], tightness::both, true);
            case op::logical_or: return infix(" || ", x[0], x[1], tightness::either, true);
            case op::logical_not: return {"!" + bracketed(x[0], tightness::sign), tightness::sign};
            default: break;
        }
        std::string text(i.code == op::matrix ? i.function->name : info(i.code).text);
        for (std::size_t k = 0; k < x.size(); ++k) text += (k == 0 ? "(" : ", ") + x[k].text;
        return {scoped(i.over, text + ")")};
    }

    static std::string_view count_text(domain over) {
        switch (over) {
            case domain::step: return "global(count)";
            case domain::row: return "columns";
            case domain::column: return "rows";
            default: return "count";
        }
    }

    static std::string scoped(domain over, const std::string& reduction) {
        switch (over) {
            case domain::step: return "global(" + reduction + ")";
            case domain::row: return "per_row(" + reduction + ")";
            case domain::column: return "per_column(" + reduction + ")";
            default: return reduction;
        }
    }

    static phrase relation(const char* symbol, const std::vector<phrase>& x) {
        return {bracketed(x[0], tightness::sum) + symbol + bracketed(x[1], tightness::sum), tightness::comparison};
    }
};

// Returns the left side of an equation; empty for a corrected value, which has no equation of its own in this notation.
inline std::string text_name(const equation& e) {
    if (!e.name) return "updated";
    return e.name->kind == op::corrected ? std::string() : std::string(e.name->name);
}

}  // namespace detail

/// The equations of a rule in the notation of the language, a line each: named values and states first, then
/// `updated = ...`, the parameter after the step.
template <class Rule>
    requires well_formed<Rule>
std::string text() {
    const auto& p = stages<Rule>::written;
    auto printer = detail::printer_for<detail::text_style>(p);
    const auto equations = detail::equations_of(p);
    std::size_t width = 0;
    for (const auto& e : equations) width = std::max(width, detail::text_name(e).size());
    std::string result;
    for (const auto& e : equations) {
        auto name = detail::text_name(e);
        if (name.empty()) continue;
        name.resize(width, ' ');
        result += name + " = " + printer.value(e) + "\n";
    }
    return result;
}

/// The value that a state starts at, in the notation of the language.
///
/// @param state  its place in describe<Rule>().states. Behind those that the rule names is furl.started, which starts at 0.
template <class Rule>
    requires well_formed<Rule>
std::string initial_text(std::size_t state) {
    const auto& p = stages<Rule>::written;
    if (state >= p.states.size()) return number_text(0);
    return detail::printer_for<detail::text_style>(p).value({nullptr, p.states[state].initial});
}

/// The condition without which a step is skipped, in the notation of the language; empty if there is none.
template <class Rule>
    requires well_formed<Rule>
std::string guard_text() {
    const auto& p = stages<Rule>::written;
    return p.guard < 0 ? "" : detail::printer_for<detail::text_style>(p).value({nullptr, p.guard});
}

/// For a rule that is not well formed: reports its error.
template <class Rule>
std::string text() {
    [[maybe_unused]] constexpr diagnose<Rule> report{};
    return {};
}

}  // namespace furl
