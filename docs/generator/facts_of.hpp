#pragma once

#include "facts.hpp"

#include <furl/print/print.hpp>

namespace docs {

/// The facts of a rule, all from its type.
template <class Rule>
rule_facts facts_of() {
    rule_facts facts{furl::describe<Rule>(), std::string(furl::short_name<Rule>()), furl::latex<Rule>(), furl::dot<Rule>()};
    for (std::size_t i = 0; i < facts.info.hyperparameters.size(); ++i)
        facts.defaults.emplace_back(facts.info.hyperparameters[i], furl::number_text(facts.info.defaults[i]));
    for (std::size_t i = 0; i < facts.info.states.size(); ++i)
        if (const auto& s = facts.info.states[i]; s.role != furl::state_role::started)
            facts.states.push_back({std::string(s.name), furl::in_words(s.where), furl::initial_text<Rule>(i)});
    facts.program = rule_program::of(furl::stages<Rule>::written);
    facts.guard = furl::guard_text<Rule>();
    return facts;
}

}  // namespace docs
