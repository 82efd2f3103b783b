#pragma once

#include <furl/program/plan.hpp>

#include <concepts>

// Every compile-time error of a rule. A rule that is not well formed gets no program beyond its lowering; its
// diagnosis is asserted in a class of its own, so that compilers print one error line. See docs/errors.md.
namespace furl {

namespace detail {

template <class Rule>
concept HasUpdate = requires { Rule::update; };

template <std::size_t Capacity>
constexpr void check_conditions(program<Capacity>& p) {
    for (const auto& x : p.code)
        for (std::size_t k = 0; k < 3; ++k) {
            if (x.operands[k] < 0) continue;
            const bool given = info(p[x.operands[k]].code).is_condition;
            const bool logical = x.code == op::logical_and || x.code == op::logical_or || x.code == op::logical_not;
            const bool wanted = logical || (x.code == op::select && k == 0);
            if (given != wanted) p.fail(given ? mistake::condition_as_number : mistake::number_as_condition);
        }
    for (const auto& x : p.code)
        if (x.code == op::random && p[x.operands[0]].when != rate::per_step) p.fail(mistake::seed_per_element);
    if (info(p[p.update].code).is_condition) p.fail(mistake::condition_as_number);
    for (const auto& s : p.states)
        if (info(p[s.next].code).is_condition) p.fail(mistake::condition_as_number, s.name);
    if (p.guard < 0) return;
    if (!info(p[p.guard].code).is_condition) p.fail(mistake::number_as_condition);
    if (p[p.guard].when != rate::per_step) p.fail(mistake::guard_per_element);
}

struct finding {
    mistake what = mistake::none;
    std::string_view who{};
};

template <class Rule>
inline constexpr finding finding_of = [] {
    if constexpr (!HasUpdate<Rule>) {
        return finding{};
    } else if constexpr (!AnyExpression<decltype(Rule::update)> && !Number<decltype(Rule::update)>) {
        return finding{mistake::no_expression};
    } else {
        auto p = stages<Rule>::written;
        if (p.error == mistake::none) check_conditions(p);
        return finding{p.error, p.culprit};
    }
}();

// A name in the condition of a static_assert: compilers print it beside the message.
template <class Name>
struct about {
    static constexpr bool is_fine = false;
};

template <class Rule, std::size_t... I>
auto culprit_name(std::index_sequence<I...>) -> about<hana::string<finding_of<Rule>.who[I]...>>;

template <class Rule>
using culprit = decltype(culprit_name<Rule>(std::make_index_sequence<finding_of<Rule>.who.size()>{}));

}  // namespace detail

template <class T>
inline constexpr bool is_element_type = std::same_as<T, float> || std::same_as<T, double>;

/// Whether a rule can be run over elements of type T.
template <class Rule, class T = float>
inline constexpr bool well_formed =
    detail::HasUpdate<Rule> && is_element_type<T> && detail::finding_of<Rule>.what == mistake::none;

/// Says, in one error line, what is wrong with a rule that is not well formed.
template <class Rule, class T = float>
struct diagnose {
    static constexpr mistake found = detail::finding_of<Rule>.what;
    using name = detail::culprit<Rule>;
    static constexpr bool fine(mistake m) { return found != m; }

    static_assert(found == mistake::no_expression || detail::HasUpdate<Rule>,
                  "furl[E02]: the rule has no update; give it a 'static constexpr auto update = ...', the new value of "
                  "the parameter. See docs/errors.md#E02");
    static_assert(fine(mistake::no_expression),
                  "furl[E01]: the rule's update is no expression. See docs/errors.md#E01");
    static_assert(fine(mistake::defined_twice) || name::is_fine,
                  "furl[E03]: a state or let is defined twice, with different rules; give one of them another name. "
                  "See docs/errors.md#E03");
    static_assert(fine(mistake::two_defaults) || name::is_fine,
                  "furl[E04]: a hyperparameter has two defaults; give it one, and use furl::hyper<\"name\">() "
                  "elsewhere. See docs/errors.md#E04");
    static_assert(fine(mistake::no_default) || name::is_fine,
                  "furl[E05]: a hyperparameter has no default; write furl::hyper<\"name\">(value) once. "
                  "See docs/errors.md#E05");
    static_assert(is_element_type<T>,
                  "furl[E07]: unsupported element type; use float or double. See docs/errors.md#E07");
    static_assert(fine(mistake::updated_in_update),
                  "furl[E08]: 'updated' is the value after the update, so the update cannot depend on it; use "
                  "furl::param, or read it in a state that the update does not use. See docs/errors.md#E08");
    static_assert(fine(mistake::number_as_condition),
                  "furl[E11]: a number stands where a condition is needed; compare it: x > 0. See docs/errors.md#E11");
    static_assert(fine(mistake::condition_as_number),
                  "furl[E12]: a condition stands where a number is needed; write select(condition, 1, 0). "
                  "See docs/errors.md#E12");
    static_assert(fine(mistake::state_not_defined) || name::is_fine,
                  "furl[E13]: the old value of a state is used outside its recurrence, and no such state is part of "
                  "the rule; use previous(state). See docs/errors.md#E13");
    static_assert(fine(mistake::guard_per_element),
                  "furl[E21]: skip_unless skips the whole step, so its condition must be one for all tensors; use "
                  "global(...) reductions. See docs/errors.md#E21");
    static_assert(fine(mistake::seed_per_element),
                  "furl[E22]: the seed of random() must be one value per step: a number or a hyperparameter. "
                  "See docs/errors.md#E22");
    static_assert(fine(mistake::too_large),
                  "furl[E14]: the rule is too large; name repeated subexpressions with furl::let. "
                  "See docs/errors.md#E14");
};

}  // namespace furl
