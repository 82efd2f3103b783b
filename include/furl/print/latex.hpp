#pragma once

#include <furl/base/finite.hpp>
#include <furl/language/matrices.hpp>
#include <furl/print/equations.hpp>

#include <array>
#include <utility>

namespace FURL_NAMESPACE {

namespace detail {

/// The notation of papers: states as m_t, hyperparameters as Greek letters if they have such names, bias corrections as
/// hats, a loss as an ell.
struct latex_style {
    using row = std::pair<std::string_view, std::string_view>;
    static constexpr std::array greek{
        row{"lr", "\\eta"},           row{"eps", "\\epsilon"},     row{"weight_decay", "\\lambda"},
        row{"momentum", "\\mu"},      row{"dampening", "\\tau"},   row{"alpha", "\\alpha"},
        row{"beta", "\\beta"},        row{"gamma", "\\gamma"},     row{"delta", "\\delta"},
        row{"epsilon", "\\epsilon"},  row{"zeta", "\\zeta"},       row{"eta", "\\eta"},
        row{"theta", "\\theta"},      row{"kappa", "\\kappa"},     row{"lambda", "\\lambda"},
        row{"mu", "\\mu"},            row{"nu", "\\nu"},           row{"xi", "\\xi"},
        row{"rho", "\\rho"},          row{"sigma", "\\sigma"},     row{"tau", "\\tau"},
        row{"phi", "\\phi"},          row{"psi", "\\psi"},         row{"omega", "\\omega"},
        row{"loss", "\\ell"}};

    // A name as a symbol; digits at its end become an index.
    struct symbol {
        std::string letter;
        std::string index;
    };

    // Escapes a name for mathematics, so that the characters of TeX's own syntax stand for themselves.
    static std::string escaped(std::string_view name) {
        std::string result;
        for (char c : name) {
            switch (c) {
                case '_': case '%': case '&': case '#': case '$': case '{': case '}': (result += '\\') += c; break;
                case '\\': result += "\\backslash "; break;
                case '~': result += "\\sim "; break;
                case '^': result += "\\wedge "; break;
                case ' ': result += "\\ "; break;
                default: result += c;
            }
        }
        return result;
    }

    static symbol symbol_of(std::string_view name) {
        auto digits = name.size();
        while (digits > 1 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
        const auto base = name.substr(0, digits);
        const std::string index(name.substr(digits));
        for (const auto& [word, letter] : greek)
            if (base == word) return {std::string(letter), index};
        if (base.size() == 1) return {escaped(base), index};
        return {"\\mathit{" + escaped(base) + "}", index};
    }

    static std::string with_index(const symbol& s, std::string_view time) {
        std::string index = s.index;
        if (!time.empty()) index += (index.empty() ? "" : ",") + std::string(time);
        if (index.empty()) return s.letter;
        return s.letter + (index.size() == 1 ? "_" + index : "_{" + index + "}");
    }

    static std::string bracketed(const phrase& x, tightness least) {
        return x.holds < least ? "\\left(" + x.text + "\\right)" : x.text;
    }

    static phrase named(const name_entry& n) {
        auto s = symbol_of(n.name);
        if (n.kind == op::corrected) s.letter = "\\hat{" + s.letter + "}";
        return {with_index(s, "t")};
    }

    static phrase number(double value) {
        if (is_infinite(value)) return {value < 0 ? "-\\infty" : "\\infty", tightness::sign};
        auto text = number_text(value);
        const auto e = text.find('e');
        if (e == std::string::npos) return {text, value < 0 ? tightness::sign : tightness::atom};
        auto exponent = text.substr(e + 1);
        exponent = (exponent[0] == '-' ? "-" : "") + exponent.substr(exponent.find_first_not_of("+-0"));
        const auto digits = text.substr(0, e);
        const auto power = "10^{" + exponent + "}";
        if (digits == "1") return {power, tightness::power};
        return {digits + " \\cdot " + power, tightness::product};
    }

    static phrase leaf(const instruction& x) {
        switch (x.code) {
            case op::constant: return number(x.value);
            case op::hyper: return {with_index(symbol_of(x.name), "")};
            case op::tensor_hyper: return {with_index(symbol_of(x.name), "i")};
            case op::input: case op::step_input: return {with_index(symbol_of(x.name), "t")};
            case op::previous: return {with_index(symbol_of(x.name), "t-1")};
            case op::param: return {"\\theta_{t-1}"};
            case op::updated: return {"\\theta_t"};
            case op::grad: return {"g_t"};
            case op::step: return {"t"};
            case op::first_step: return {"t = 1", tightness::comparison};
            case op::count:
                return {x.over == domain::step ? "n^{\\mathrm{all}}" : "n" + below("", x.over)};
            default: return {"n"};
        }
    }

    static phrase gradient_by_another_name() { return {"\\nabla_t"}; }

    static phrase infix(const std::string& symbol, const phrase& a, const phrase& b, tightness holds,
                        bool associative) {
        const auto right = associative ? holds : static_cast<tightness>(static_cast<int>(holds) + 1);
        return {bracketed(a, holds) + symbol + bracketed(b, right), holds};
    }

    static phrase power(const phrase& base, const std::string& exponent) {
        const bool simple = base.holds == tightness::atom && base.text.find('^') == std::string::npos;
        return {(simple ? base.text : "\\left(" + base.text + "\\right)") + "^{" + exponent + "}", tightness::power};
    }

    static phrase call(std::string_view function, const std::vector<phrase>& x) {
        std::string text(function);
        for (std::size_t i = 0; i < x.size(); ++i) text += (i == 0 ? "\\left(" : ",\\, ") + x[i].text;
        return {text + "\\right)"};
    }

    static phrase around(const char* left, const phrase& x, const char* right) { return {left + x.text + right}; }

    // The index of a reduction, behind another index: j runs over a row, i over a column.
    static std::string below(const std::string& index, domain over) {
        const std::string runs = over == domain::row ? "j" : over == domain::column ? "i" : "";
        if (index.empty() || runs.empty()) return (index + runs).empty() ? "" : "_" + index + runs;
        return "_{" + index + ",\\, " + runs + "}";
    }

    static phrase norm(const phrase& x, const std::string& order, domain over) {
        return {"\\left\\|" + x.text + "\\right\\|" + below(order, over)};
    }

    static phrase operation(const instruction& i, const std::vector<phrase>& x) {
        const auto result = of_tensor(i, x);
        const bool of_all = i.over == domain::step && info(i.code).kind == op_kind::reduction;
        return of_all ? phrase{result.text + "^{\\mathrm{all}}"} : result;
    }

    static phrase of_tensor(const instruction& i, const std::vector<phrase>& x) {
        const auto relation = [&](const char* symbol) {
            return phrase{bracketed(x[0], tightness::sum) + symbol + bracketed(x[1], tightness::sum), tightness::comparison};
        };
        switch (i.code) {
            case op::add: return infix(" + ", x[0], x[1], tightness::sum, true);
            case op::subtract: return infix(" - ", x[0], x[1], tightness::sum, false);
            case op::multiply: {
                const auto first = bracketed(x[1], tightness::product)[0];
                const bool digits = first >= '0' && first <= '9';
                return infix(digits ? " \\cdot " : "\\, ", x[0], x[1], tightness::product, true);
            }
            case op::divide: return {"\\frac{" + x[0].text + "}{" + x[1].text + "}", tightness::product};
            case op::negate: return {"-" + bracketed(x[0], tightness::product), tightness::sum};
            case op::square: return power(x[0], "2");
            case op::cube: return power(x[0], "3");
            case op::pow: return power(x[0], x[1].text);
            case op::sqrt: return around("\\sqrt{", x[0], "}");
            case op::rsqrt: return around("\\frac{1}{\\sqrt{", x[0], "}}");
            case op::cbrt: return around("\\sqrt[3]{", x[0], "}");
            case op::abs: return around("\\left|", x[0], "\\right|");
            case op::floor: return around("\\left\\lfloor ", x[0], "\\right\\rfloor");
            case op::exp: return {"e^{" + x[0].text + "}", tightness::power};
            case op::sigmoid: return call("\\sigma", x);
            case op::log: case op::tanh: case op::sin: case op::cos:
                return call("\\" + std::string(info(i.code).text), x);
            case op::minimum: return call("\\min", x);
            case op::maximum: return call("\\max", x);
            case op::less: return relation(" < ");
            case op::less_equal: return relation(" \\le ");
            case op::greater: return relation(" > ");
            case op::greater_equal: return relation(" \\ge ");
            case op::equal: return relation(" = ");
            case op::not_equal: return relation(" \\ne ");
            case op::logical_and: return infix(" \\wedge ", x[0], x[1], tightness::both, true);
            case op::logical_or: return infix(" \\vee ", x[0], x[1], tightness::either, true);
            case op::logical_not: return {"\\neg " + bracketed(x[0], tightness::sign), tightness::sign};
            case op::select:
                return {"\\begin{cases} " + x[1].text + " & \\text{if } " + x[0].text + " \\\\ " + x[2].text +
                            " & \\text{otherwise} \\end{cases}",
                        tightness::sum};
            case op::sum: return {"\\textstyle\\sum" + below("", i.over) + " " + bracketed(x[0], tightness::product), tightness::product};
            case op::dot: return {"\\langle " + x[0].text + ",\\, " + x[1].text + "\\rangle" + below("", i.over)};
            case op::norm: return norm(x[0], "2", i.over);
            case op::norm1: return norm(x[0], "1", i.over);
            case op::max_abs: return norm(x[0], "\\infty", i.over);
            default: break;
        }
        std::string name;
        for (char c : i.code == op::matrix ? i.function->name : info(i.code).text) name += c == '_' ? std::string("\\_") : std::string(1, c);
        return call("\\operatorname{" + name + "}" + below("", i.over), x);
    }
};

}  // namespace detail

/// The equations of a rule in LaTeX: an `aligned` block, as a paper prints them.
template <class Rule>
    requires well_formed<Rule>
std::string latex() {
    const auto& p = stages<Rule>::written;
    auto printer = detail::printer_for<detail::latex_style>(p);
    std::string result = "\\begin{aligned}\n";
    const auto equations = detail::equations_of(p);
    for (std::size_t i = 0; i < equations.size(); ++i) {
        const auto& e = equations[i];
        result += (e.name ? detail::latex_style::named(*e.name).text : "\\theta_t") + " &= " + printer.value(e);
        result += i + 1 < equations.size() ? " \\\\\n" : "\n";
    }
    return result + "\\end{aligned}";
}

/// For a rule that is not well formed: reports its error.
template <class Rule>
std::string latex() {
    [[maybe_unused]] constexpr diagnose<Rule> report{};
    return {};
}

}  // namespace furl
