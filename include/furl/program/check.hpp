#pragma once

#include <furl/program/plan.hpp>

#include <array>
#include <concepts>
#include <optional>
#include <type_traits>

// This header finds every compile-time error of a rule. A rule that is not well formed gets no program beyond its lowering; its
// diagnosis is asserted in a class of its own, so that compilers print one error line. See docs/errors.md.
namespace FURL_NAMESPACE {

namespace detail {

/// The rule of an optimizer that was given none.
struct no_rule {};

template <class Rule>
concept HasUpdate = requires { Rule::update; };

struct another_update {
    static int update;
};
template <class Rule>
struct two_updates : Rule, another_update {};

// Whether a class has a member named update, usable or not: a second one would make the name ambiguous.
template <class Rule>
concept NamesUpdate = std::is_class_v<Rule> && requires { sizeof(Rule); } && !std::is_final_v<Rule> &&
                      !requires { &two_updates<Rule>::update; };

template <class T>
constexpr bool can_read(T) {
    return true;
}

template <class Rule>
concept HasConstantUpdate = requires { typename std::bool_constant<can_read(Rule::update)>; };

template <std::size_t Capacity>
constexpr void check_conditions(program<Capacity>& p) {
    // States are checked before their uses, which are wrong only because the state is.
    for (const auto& s : p.states)
        if (info(p[s.next].code).is_condition || info(p[s.initial].code).is_condition)
            p.fail(mistake::condition_as_number, s.name);
    for (const auto& x : p.code)
        for (std::size_t k = 0; k < 3; ++k) {
            if (x.operands[k] < 0) continue;
            const bool given = info(p[x.operands[k]].code).is_condition;
            const bool logical = x.code == op::logical_and || x.code == op::logical_or || x.code == op::logical_not ||
                                 x.code == op::first_step;
            const bool compares = info(x.code).kind == op_kind::condition && !logical && x.code != op::select;
            const bool wanted = logical || (x.code == op::select && k == 0);
            if (given == wanted) continue;
            if (wanted) p.fail(mistake::number_as_condition);
            else p.fail(compares ? mistake::chained_comparison : mistake::condition_as_number);
        }
    if (info(p[p.update].code).is_condition) p.fail(mistake::condition_as_number);
    if (p.guard >= 0 && !info(p[p.guard].code).is_condition) p.fail(mistake::number_as_condition);
}

// Returns what is known about a value in the first step: a number, a condition (1 or 0), or nothing.
template <std::size_t Capacity>
constexpr std::optional<double> in_first_step(const program<Capacity>& p, std::int16_t i) {
    const auto& x = p[i];
    const auto known = [&](std::size_t k) { return in_first_step(p, x.operands[k]); };
    switch (x.code) {
        case op::constant: return x.value;
        case op::step: case op::first_step: return 1;
        case op::logical_not:
            if (const auto a = known(0)) return *a == 0;
            return {};
        case op::logical_and: case op::logical_or: {
            const auto a = known(0), b = known(1);
            const double decides = x.code == op::logical_or;  // whatever the other operand is
            if ((a && *a == decides) || (b && *b == decides)) return decides;
            return a && b ? std::optional(1 - decides) : std::nullopt;
        }
        case op::add: case op::subtract: case op::multiply: case op::less: case op::less_equal: case op::greater:
        case op::greater_equal: case op::equal: case op::not_equal: {
            const auto a = known(0), b = known(1);
            if (!a || !b) return {};
            if (x.code == op::add) return *a + *b;
            if (x.code == op::subtract) return *a - *b;
            if (x.code == op::multiply) return *a * *b;
            if (x.code == op::less) return *a < *b;
            if (x.code == op::less_equal) return *a <= *b;
            if (x.code == op::greater) return *a > *b;
            if (x.code == op::greater_equal) return *a >= *b;
            return (*a == *b) == (x.code == op::equal);
        }
        case op::previous:
            if (const auto& s = p.state_of(x); s.initial >= 0 && s.starts < 0 && p[s.initial].code == op::constant) return p[s.initial].value;
            return {};
        default: return {};
    }
}

// A step that is skipped does not count and changes no state, so a condition that is false in the first step stays false,
// unless it reads data or a hyperparameter.
template <std::size_t Capacity>
constexpr bool stands_still(const program<Capacity>& p, std::int16_t condition) {
    const auto known = in_first_step(p, condition);
    return known && *known == 0;
}

template <std::size_t Capacity>
constexpr void check_domains(program<Capacity>& p) {
    for (const auto& x : p.code) {
        if (x.code == op::matrix && p[x.operands[0]].where != domain::element) p.fail(mistake::no_matrix);
        if (x.code != op::random) continue;
        if (p[x.operands[0]].where != domain::step) p.fail(mistake::seed_per_element);
        const double stream = p[x.operands[1]].value;
        if (!(stream >= 0 && stream <= 0x7fffffff) || stream != static_cast<double>(static_cast<std::int64_t>(stream)))
            p.fail(mistake::no_stream);
    }
    if (p.guard < 0) return;
    if (p[p.guard].where != domain::step) p.fail(mistake::guard_per_element);
    if (stands_still(p, p.guard)) p.fail(mistake::guard_stands_still);
}

template <std::size_t Capacity>
constexpr void check_states(program<Capacity>& p) {
    for (const auto& s : p.states) {
        if (s.decay < 0) continue;
        const auto& decay = p[s.decay];
        const bool known = decay.code == op::constant || decay.code == op::hyper;
        if (known && !(decay.value >= 0 && decay.value < 1)) p.fail(mistake::decay_out_of_range, s.name);
    }
    for (const auto& n : p.names)
        for (const auto& s : p.states)
            if (n.kind == op::corrected && n.name == s.name &&
                (p[s.initial].code != op::constant || p[s.initial].value != 0))
                p.fail(mistake::biased_start, s.name);
}

// The tables of plan and pass_order have fixed sizes.
template <std::size_t Capacity>
constexpr void check_size(program<Capacity>& p) {
    std::size_t random_streams = 0;
    for (const auto& x : p.code) random_streams += x.code == op::random;
    if (find_levels(p).too_many || random_streams > max_random_streams) p.fail(mistake::too_large);
}

struct finding {
    mistake what = mistake::none;
    std::string_view who{};
};

template <class Rule>
inline constexpr finding finding_of = [] {
    if constexpr (std::same_as<Rule, no_rule>) {
        return finding{mistake::no_rule};
    } else if constexpr (std::is_class_v<Rule> && !requires { sizeof(Rule); }) {
        return finding{mistake::not_defined};
    } else if constexpr (!HasUpdate<Rule>) {
        return finding{NamesUpdate<Rule> ? mistake::broken_update : mistake::no_update};
    } else if constexpr (!Expression<decltype(Rule::update)> && !Number<decltype(Rule::update)>) {
        return finding{mistake::no_expression};
    } else if constexpr (!HasConstantUpdate<Rule>) {
        return finding{std::is_const_v<decltype(Rule::update)> ? mistake::no_known_constant : mistake::no_constant};
    } else {
        auto p = stages<Rule>::written;
        if (p.error == mistake::none) check_conditions(p);
        if (p.error == mistake::none) check_domains(p);
        if (p.error == mistake::none) check_states(p);
        if (p.error == mistake::none) check_size(p);
        return finding{p.error, p.culprit};
    }
}();

template <class Rule, std::size_t... I>
auto culprit_name(std::index_sequence<I...>) -> hana::string<finding_of<Rule>.who[I]...>;

template <class Rule>
using culprit = decltype(culprit_name<Rule>(std::make_index_sequence<finding_of<Rule>.who.size()>{}));

// Puts a name into the condition of a static_assert, so that clang prints it beside the message.
template <class Name>
struct about {
    static constexpr bool is_fine = false;
};

// Uses an update that exists but cannot be used (it is private, for example), so that the compiler reports why, if it has not
// done so.
template <class Rule>
struct use_update {
    using type = decltype(Rule::update);
};

// Reads an update that is const but not constexpr, so that the compiler reports that it is no constant, if it has not done so.
template <class Rule>
struct read_update {
    static constexpr auto the_update_must_be_constexpr = Rule::update;
    using type = void;
};

}  // namespace detail

/// Whether rules can be run over elements of this type.
template <class T>
inline constexpr bool is_element_type = std::same_as<T, float> || std::same_as<T, double>;

/// What is wrong with a rule over elements of type T, if anything is.
template <class Rule, class T = float>
inline constexpr mistake mistake_of =
    detail::finding_of<Rule>.what == mistake::none && !is_element_type<T> ? mistake::element_type
                                                                          : detail::finding_of<Rule>.what;

/// Whether a rule can be run over elements of type T.
template <class Rule, class T = float>
inline constexpr bool well_formed = mistake_of<Rule, T> == mistake::none;

/// Reports in one error line what is wrong with a rule. Compilers print these arguments beside it: the rule, the kind of
/// mistake, and the name that it is about.
template <class Rule, mistake Found, class Name>
struct report {
    using about = detail::about<Name>;  ///< the name, for the compiler to print
    /// Uses the rule where the compiler itself should report what is wrong.
    template <mistake M, class Use>
    using use_if = typename std::conditional_t<Found == M, Use, std::type_identity<void>>::type;
    using use = use_if<mistake::broken_update, detail::use_update<Rule>>;        ///< uses the update
    using read = use_if<mistake::no_known_constant, detail::read_update<Rule>>;  ///< reads the update as a constant

    static_assert(Found != mistake::no_rule,
                  "furl[E36]: the optimizer has no rule; name it in angle brackets: furl::optimizer<my_rule> opt(n). "
                  "See docs/errors.md#E36");
    static_assert(Found != mistake::not_defined,
                  "furl[E44]: the rule is declared, but not defined here; include its header, furl/zoo/adam.hpp for "
                  "furl::zoo::adam. See docs/errors.md#E44");
    static_assert(Found != mistake::no_update,
                  "furl[E02]: the rule has no update; give it a 'static constexpr auto update = ...', the new value of "
                  "the parameter. See docs/errors.md#E02");
    static_assert(Found != mistake::no_expression,
                  "furl[E01]: the rule's update is no expression; write it of furl::param, furl::grad, "
                  "hyperparameters, states and numbers, not as a function. See docs/errors.md#E01");
    static_assert(Found != mistake::no_constant,
                  "furl[E27]: the rule's update is no constant; write 'static constexpr auto update', and "
                  "furl::hyper for a number that is known only at run time. See docs/errors.md#E27");
    static_assert(Found != mistake::defined_twice || about::is_fine,
                  "furl[E03]: a state or let is defined twice, with different rules; give one of them another name. "
                  "See docs/errors.md#E03");
    static_assert(Found != mistake::name_is_taken || about::is_fine,
                  "furl[E03]: a step input has the name of an input or a hyperparameter; give one of them another name. "
                  "See docs/errors.md#E03");
    static_assert(Found != mistake::two_defaults || about::is_fine,
                  "furl[E04]: a hyperparameter has two defaults; give it one, and use furl::hyper<\"name\">() "
                  "elsewhere. See docs/errors.md#E04");
    static_assert(Found != mistake::no_default || about::is_fine,
                  "furl[E05]: a hyperparameter has no default; write furl::hyper<\"name\">(value) once. "
                  "See docs/errors.md#E05");
    static_assert(Found != mistake::element_type,
                  "furl[E07]: the element type must be float or double; policies stand behind it: "
                  "furl::optimizer<my_rule, float, furl::strict>. See docs/errors.md#E07");
    static_assert(Found != mistake::updated_in_update,
                  "furl[E08]: 'updated' is the value after the update, so the update cannot depend on it; use "
                  "furl::param, or read it in a state that the update does not use. See docs/errors.md#E08");
    static_assert(Found != mistake::number_as_condition,
                  "furl[E11]: a number stands where a condition is needed; compare it: x > 0. See docs/errors.md#E11");
    static_assert(Found != mistake::condition_as_number,
                  "furl[E12]: a condition stands where a number is needed; write select(condition, 1, 0). "
                  "See docs/errors.md#E12");
    static_assert(Found != mistake::state_not_defined || about::is_fine,
                  "furl[E13]: the old value of a state is used outside its recurrence, and no such state is part of "
                  "the rule; use previous(state). See docs/errors.md#E13");
    static_assert(Found != mistake::too_large,
                  "furl[E14]: the rule is too large; the most are 1200 nodes (operations, numbers and names, each use of a leaf), "
                  "32 states, 32 hyperparameters, 16 inputs, 8 step inputs and 16 passes. See docs/errors.md#E14");
    static_assert(Found != mistake::empty_name,
                  "furl[E29]: a name is empty; write furl::hyper<\"lr\">(1e-3). See docs/errors.md#E29");
    static_assert(Found != mistake::guard_per_element,
                  "furl[E21]: skip_unless skips the whole step, so its condition must be one for all tensors; use "
                  "global(...) reductions. See docs/errors.md#E21");
    static_assert(Found != mistake::guard_stands_still,
                  "furl[E21]: this condition of skip_unless is false in the first step and reads only the step and states, which "
                  "a skipped step does not change: it never becomes true; read the gradients or an input, or write "
                  "only_if(condition, update). See docs/errors.md#E21");
    static_assert(Found != mistake::no_stream,
                  "furl[E22]: the stream of random() must be a whole number, at least 0: random(seed, 1). "
                  "See docs/errors.md#E22");
    static_assert(Found != mistake::no_matrix,
                  "furl[E52]: a function of matrices, such as orthogonalize, of a value that is no matrix: it is one for each row, column or "
                  "tensor; give it one of each parameter, such as the gradient or a momentum. See docs/errors.md#E52");
    static_assert(Found != mistake::no_derivative || about::is_fine,
                  "furl[E54]: a derivative goes through a function whose derivative is not known, such as orthogonalize; take it with "
                  "respect to a hyperparameter that the operand of this function does not depend on. See docs/errors.md#E54");
    static_assert(Found != mistake::seed_per_element,
                  "furl[E22]: the seed of random() must be one value per step: a number or a hyperparameter. "
                  "See docs/errors.md#E22");
    static_assert(Found != mistake::chained_comparison,
                  "furl[E26]: the result of a comparison is compared again; write a < b && b < c. "
                  "See docs/errors.md#E26");
    static_assert(Found != mistake::decay_out_of_range || about::is_fine,
                  "furl[E34]: the decay of an ema must be at least 0 and less than 1. See docs/errors.md#E34");
    static_assert(Found != mistake::biased_start || about::is_fine,
                  "furl[E37]: bias_corrected of an ema that does not start at 0, and so has no such bias; use the ema "
                  "as it is. See docs/errors.md#E37");
};

/// The report on a rule that is not well formed.
template <class Rule, class T = float>
struct diagnose : report<Rule, mistake_of<Rule, T>, detail::culprit<Rule>> {};

}  // namespace furl
