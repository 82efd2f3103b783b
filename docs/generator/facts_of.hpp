#pragma once

#include "facts.hpp"

#include <furl/print/print.hpp>

namespace docs {

/// The facts of a rule, all from its type.
template <class Rule>
rule_facts facts_of() {
    using plan = furl::plan<Rule, furl::contracted>;
    const auto& written = furl::stages<Rule>::written;
    auto printer = furl::detail::printer_for<furl::detail::text_style>(written);

    rule_facts facts;
    const std::string full(furl::type_name<Rule>());
    facts.name = full.substr(full.rfind(':') + 1);
    facts.latex = furl::latex<Rule>();
    facts.dot = furl::dot<Rule>();
    facts.cost = furl::cost<Rule>;
    facts.operations = furl::detail::operations_text(facts.cost);
    for (const auto& h : written.hypers) facts.hyperparameters.emplace_back(h.name, h.default_value);
    for (auto name : written.inputs) facts.inputs.emplace_back(name);
    for (const auto& s : written.states)
        facts.states.push_back({std::string(s.name), std::string(furl::detail::rate_text(s.where)),
                                printer.value({nullptr, s.initial})});
    for (std::size_t pass = 0; pass < plan::order.passes; ++pass)
        facts.passes.push_back(furl::detail::pass_text<plan>(pass));
    if (written.guard >= 0) facts.guard = printer.value({nullptr, written.guard});
    facts.written = written.code.size();
    facts.fused = plan::program.code.size();
    return facts;
}

}  // namespace docs
