#pragma once

#include <furl/print/describe.hpp>
#include <furl/print/numerics.hpp>
#include <furl/print/text.hpp>
#include <furl/print/words.hpp>

namespace FURL_NAMESPACE {

/// The plan of a rule: its equations, states, hyperparameters, passes, streams and operations; and warnings, if numbers of type T do
/// not fit the rule with the defaults of its hyperparameters. furl::numerics has those for other formats and values.
template <class Rule, class T = float, class Numerics = contracted>
    requires well_formed<Rule, T>
std::string explain() {
    constexpr const auto& rule = describe<Rule, T, Numerics>();
    constexpr const auto& c = rule.cost;

    std::string result(rule.rule);
    result += ": " + detail::counted_noun(c.passes, "pass", "passes") + " over memory, " +
              std::to_string(c.bytes_per_parameter) + " bytes per parameter (" + std::string(type_name<T>()) + ")\n";

    result += "\nequations\n";
    const auto lines = text<Rule>();
    for (std::size_t begin = 0; begin < lines.size();) {
        const auto end = lines.find('\n', begin) + 1;
        result += "  " + lines.substr(begin, end - begin);
        begin = end;
    }
    std::string states;
    for (std::size_t i = 0; i < rule.states.size(); ++i)
        if (const auto& s = rule.states[i]; s.role != state_role::started)
            states += "  " + std::string(s.name) + ": " + in_words(s.where) + ", starts at " + initial_text<Rule>(i) + "\n";
    if (!states.empty()) result += "\nstates\n" + states;
    std::string hyperparameters;
    for (std::size_t i = 0; i < rule.hyperparameters.size(); ++i)
        detail::add_to_list(hyperparameters, std::string(rule.hyperparameters[i]) + " = " + number_text(rule.defaults[i]));
    if (!hyperparameters.empty()) result += "\nhyperparameters\n  " + hyperparameters + "\n";
    std::string given;
    for (auto name : rule.step_inputs) detail::add_to_list(given, name);
    result += "\nstep\n";
    if (!given.empty()) result += "  takes " + given + ": one number per step each\n";
    if (rule.may_skip) result += "  skipped, with nothing written, unless " + guard_text<Rule>() + "\n";
    if (rule.writes_gradients) result += "  leaves 0 in the place of the gradient\n";
    for (std::size_t k = 0; k < rule.traffic.size(); ++k)
        result += "  pass " + std::to_string(k + 1) + ": " + in_words(rule.traffic[k]) + "\n";
    result += "  per parameter: " + in_words(c) + "\n";
    if (c.per_line > 0) result += "  per row or column: " + detail::counted_noun(c.per_line, "operation", "operations") + ", in double\n";
    result += "  per step: " + detail::counted_noun(c.per_step, "operation", "operations") + ", in double\n";
    // A schedule may have a step of 0 at its end, or at its start: what is a warning in only one of two steps is left out.
    const auto formats = detail::kept_as_computed<T>(true);
    const auto early = detail::numerics_of(stages<Rule>::written, formats, {.step = 10});
    std::string warnings;
    for (const auto& x : detail::numerics_of(stages<Rule>::written, formats, {}).warnings)
        if (early.warns(x.kind, x.name)) warnings += "  " + in_words(x) + "\n";
    if (!warnings.empty()) result += "\nwarnings\n" + warnings;
    return result;
}

/// For a rule that is not well formed: reports its error.
template <class Rule, class T = float, class Numerics = contracted>
std::string explain() {
    [[maybe_unused]] constexpr diagnose<Rule, T> report{};
    return {};
}

}  // namespace furl
