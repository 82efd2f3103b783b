#pragma once

#include <furl/print/words.hpp>
#include <furl/program/check.hpp>
#include <furl/program/plan.hpp>

#include <string>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

/// How tightly an expression binds; this decides where it needs brackets.
enum class tightness { either, both, comparison, sum, product, sign, power, atom };

/// A piece of text and how tightly it binds.
struct phrase {
    std::string text;
    tightness holds = tightness::atom;
};

/// One line of a rule: a name, and the value it stands for.
struct equation {
    const name_entry* name;  ///< null for the update
    std::int16_t value;
};

/// Returns the equations of a rule. Those that use `updated` come after the update.
template <std::size_t Capacity>
std::vector<equation> equations_of(const program<Capacity>& p) {
    std::vector<bool> after(p.code.size());
    for (std::size_t i = 0; i < p.code.size(); ++i)
        for (auto operand : p.code[i].operands)
            if (operand >= 0 && (operand == p.update || after[static_cast<std::size_t>(operand)])) after[i] = true;

    std::vector<equation> list;
    const auto add_names = [&](bool which) {
        for (const auto& n : p.names)
            if (after[static_cast<std::size_t>(n.value)] == which) list.push_back({&n, n.value});
    };
    add_names(false);
    list.push_back({nullptr, p.update});
    add_names(true);
    return list;
}

/// Writes values of a program as expressions, in the notation of a style.
template <class Style, std::size_t Capacity>
class equation_printer {
  public:
    explicit equation_printer(const program<Capacity>& p) : program_(p) {}

    /// The right side of an equation.
    std::string value(const equation& e) {
        own_ = &e;
        return print(e.value).text;
    }

  private:
    const program<Capacity>& program_;
    const equation* own_ = nullptr;

    // Returns the name of a value, unless that name is being defined. Leaves keep their own names.
    const name_entry* name_of(std::int16_t i) const {
        if (info(program_[i].code).kind == op_kind::leaf) return nullptr;
        for (const auto& n : program_.names) {
            if (&n == own_->name) return nullptr;
            if (n.value == i) return &n;
        }
        return nullptr;
    }

    // A rule may give the name that a style has for the gradient to a value of its own; then the gradient gets another name.
    phrase leaf(const instruction& x) const {
        const auto usual = Style::leaf(x);
        for (const auto& n : program_.names)
            if (x.code == op::grad && Style::named(n).text == usual.text) return Style::gradient_by_another_name();
        return usual;
    }

    phrase print(std::int16_t i) {
        if (const auto* name = name_of(i)) return Style::named(*name);
        if (i == program_.update && i != own_->value) return leaf(instruction{{op::updated, {}, 0, {}}});
        const auto& x = program_[i];
        if (info(x.code).kind == op_kind::leaf) return leaf(x);
        std::vector<phrase> operands;
        for (auto operand : x.operands)
            if (operand >= 0) operands.push_back(print(operand));
        return Style::operation(x, operands);
    }
};

template <class Style, std::size_t Capacity>
equation_printer<Style, Capacity> printer_for(const program<Capacity>& p) {
    return equation_printer<Style, Capacity>(p);
}

}  // namespace detail

}  // namespace furl
