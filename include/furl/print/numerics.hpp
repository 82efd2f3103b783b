#pragma once

#include <furl/base/number_facts.hpp>
#include <furl/print/words.hpp>
#include <furl/program/sizes.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace FURL_NAMESPACE {

/// What the rounding of numbers in memory does to a run.
enum class numerics_warning : std::uint8_t {
    average_stalls,     ///< a state that decays no longer does: a step takes less of it than its half unit
    sum_stalls,         ///< a sum loses what a step adds once it is so many times as large
    underflows,         ///< a state keeps nothing of a gradient below this size
    overflows,          ///< a state becomes infinite for gradients above this size
    step_grows,         ///< a step is so many times as long as with exact states, because a state underflows
    constant_vanishes,  ///< a small constant, such as eps, is 0 where it is added
    decay_is_lost,      ///< weight decay takes less of a weight than its half unit
    step_is_lost,       ///< a step is less than half a unit of a weight of size 1
};

/// A warning, and the numbers that it is about. in_words says it in a line.
struct numerics_finding {
    numerics_warning kind{};    ///< what it warns of
    std::string_view name{};    ///< the state, the hyperparameter, or "param"; empty for a constant without a name
    std::string_view format{};  ///< the format of the numbers
    double value = 0;           ///< the part that a step takes, a factor, a size of gradients, a constant, or the length of a step
    double limit = 0;           ///< the half unit, the smallest or the largest number; for step_grows the gradient
};

/// How a state, or the parameters, are kept.
struct kept_numbers {
    std::string_view name{};       ///< the state, or "param"
    number_facts numbers{};        ///< the format
    double smallest_change = 0;    ///< of a number of size 1: a smaller change is rounded away; 0 if it survives in the mean
    double decay = 0;              ///< what a step multiplies the old value with, if that is a number; else 0
    double smallest_gradient = 0;  ///< the state keeps nothing of a smaller one; 0 if it does not depend on the gradient
    double largest_gradient = 0;   ///< the state is infinite for a larger one; 0 likewise
};

/// A small constant that is added to a value of gradients, such as eps.
struct added_constant {
    std::string_view name{};      ///< the hyperparameter; empty if it has no name
    double value = 0;             ///< the constant
    double largest_gradient = 0;  ///< for a larger one it is rounded away: it keeps a divisor from 0, and does no more
};

/// What the formats of numbers do to a rule.
struct numerics_report {
    static_vector<kept_numbers, max_states + 1> kept;                ///< param, then states of parameters, rows and columns
    static_vector<added_constant, 16> constants;                     ///< those below 1e-3
    static_vector<numerics_finding, 4 * max_states + 16> warnings;  ///< those that apply

    /// Whether there is a warning of this kind, about this name.
    constexpr bool warns(numerics_warning kind, std::string_view name) const {
        for (const auto& w : warnings)
            if (w.kind == kind && w.name == name) return true;
        return false;
    }
};

/// The run that a rule is judged for.
struct expected_run {
    double smallest_gradient = 1e-6;  ///< the smallest element of a gradient that states must be right for, above 0
    double largest_gradient = 1e3;    ///< the largest one
    double step = 1000;               ///< the step at which schedules, bias corrections and sums are taken
};

namespace detail {

/// How the numbers of a rule are kept.
struct kept_formats {
    number_facts computed{}, param{};
    number_facts states[max_states]{};  ///< in the order of the program; of values of tensors and of the step nothing is asked
};

/// Compares what the steps of a program add with what its formats keep.
class numerics_search {
  public:
    constexpr numerics_search(std::span<const instruction> code, std::span<const state_entry> states, std::int16_t update,
                              std::span<sized_value> scratch, std::span<const double> hyperparameters, const kept_formats& formats,
                              const expected_run& run)
        : code_(code), states_(states), update_(update), scratch_(scratch), hyperparameters_(hyperparameters), formats_(formats), run_(run),
          typical_(pow_of(run.smallest_gradient * run.largest_gradient, 0.5)) {
        const auto typical = estimate(typical_);
        add_parameters(typical);
        for (std::size_t k = 0; k < states.size(); ++k)
            if (is_kept(k)) add_state(typical, k);
        find_small_constants(typical);
        find_constants_of_states();
        find_longer_step();
    }

    numerics_report report{};

  private:
    std::span<const instruction> code_;
    std::span<const state_entry> states_;
    std::int16_t update_;
    std::span<sized_value> scratch_;
    std::span<const double> hyperparameters_;
    const kept_formats& formats_;
    const expected_run& run_;
    double typical_;  // the gradient in the middle of the range
    static_vector<double, max_states> underflows_;  // the gradients below which a state keeps nothing

    // An estimate is valid until the next one, which has the same scratch memory.
    constexpr size_estimate estimate(double gradient, double data = 1, std::span<const double> lost_below = {}) const {
        return {code_, states_, scratch_, {hyperparameters_, gradient, data, run_.step, lost_below}};
    }

    constexpr bool is_kept(std::size_t k) const { return states_[k].role == state_role::of_rule && is_list(states_[k].where); }

    constexpr void warn(numerics_warning kind, std::string_view name, const number_facts& numbers, double value, double limit) {
        if (!report.warnings.full()) report.warnings.push_back({kind, name, numbers.name, value, limit});
    }

    static constexpr double smallest_change(const number_facts& numbers) { return numbers.random ? 0 : numbers.half_unit; }

    constexpr void add_parameters(const size_estimate& typical) {
        const auto& numbers = formats_.param;
        const double kept = smallest_change(numbers);
        const auto [coefficient, rest] = typical.of_update(update_);
        report.kept.push_back({"param", numbers, kept, coefficient, 0, 0});
        if (coefficient < 0.5) return;  // the new parameters are not the old ones and a step
        const double decay = 1 - coefficient;
        if (decay > 1e-15 && decay < kept) warn(numerics_warning::decay_is_lost, "param", numbers, decay, kept);
        if (rest.size > 0 && rest.size < kept && !rest.is_guess) warn(numerics_warning::step_is_lost, "param", numbers, rest.size, kept);
    }

    // The gradient for which a size, which is that of the typical one, is this limit.
    constexpr double gradient_for(value_size at_typical, double limit) const {
        if (at_typical.size == 0 || at_typical.degree < 0.05 || at_typical.is_guess) return 0;
        return exp_of(log_of(typical_) + (log_of(limit) - log_of(at_typical.size)) / at_typical.degree);
    }

    constexpr void add_state(const size_estimate& typical, std::size_t k) {
        const auto name = states_[k].name;
        const auto& numbers = formats_.states[k];
        const double kept = smallest_change(numbers);
        const auto [coefficient, added] = typical.of_state(k);
        const bool is_sum = magnitude(coefficient - 1) < 1e-12, decays = coefficient > 0 && coefficient < 1 && !is_sum;
        // What it is in the end; a sum, after the steps of the run.
        const auto most = decays ? 1 / (1 - coefficient) * added : coefficient * typical.old(k) + added;
        const bool is_known = typical.is_settled(k);
        const double smallest = is_known ? gradient_for(added, numbers.smallest) : 0;
        const double largest = is_known ? gradient_for(most, numbers.largest) : 0;
        report.kept.push_back({name, numbers, kept, coefficient, smallest, largest});

        constexpr double terms_of_a_run = 1e6;
        if (decays && 1 - coefficient < kept) warn(numerics_warning::average_stalls, name, numbers, 1 - coefficient, kept);
        if (is_sum && added.size > 0 && kept * terms_of_a_run > 1) warn(numerics_warning::sum_stalls, name, numbers, 1 / kept, kept);
        if (smallest > run_.smallest_gradient) {
            warn(numerics_warning::underflows, name, numbers, smallest, numbers.smallest);
            underflows_.push_back(smallest);
        }
        if (largest > 0 && largest < run_.largest_gradient) warn(numerics_warning::overflows, name, numbers, largest, numbers.largest);
    }

    // Constants that are added to values of elements, in the type that these are computed in.
    constexpr void find_small_constants(const size_estimate& typical) {
        const auto& numbers = formats_.computed;
        for (const auto& x : code_) {
            if ((x.code != op::add && x.code != op::maximum) || x.where != domain::element) continue;
            for (std::size_t k = 0; k < 2; ++k) {
                const auto c = typical.number(x.operands[k]);
                if (!c || *c == 0 || magnitude(*c) > 1e-3) continue;
                const auto name = code_[static_cast<std::size_t>(x.operands[k])].name;
                // Between two powers of 2 the half unit is up to twice as small beside a number.
                const double beside = gradient_for(typical.size(x.operands[1 - k]), 2 * magnitude(*c) / numbers.half_unit);
                if (magnitude(*c) <= numbers.smallest) warn(numerics_warning::constant_vanishes, name, numbers, *c, numbers.smallest);
                else if (x.code == op::add && beside > 0 && !report.constants.full()) report.constants.push_back({name, *c, beside});
            }
        }
    }

    // What a state is given without any data comes from constants.
    constexpr void find_constants_of_states() {
        const auto none = estimate(0, 0);
        for (std::size_t k = 0; k < states_.size(); ++k) {
            if (!is_kept(k) || !none.is_settled(k)) continue;
            const auto& numbers = formats_.states[k];
            const double added = none.of_state(k).rest.size;
            if (added > 0 && added <= numbers.smallest)
                warn(numerics_warning::constant_vanishes, states_[k].name, numbers, added, numbers.smallest);
        }
    }

    // Compares steps for gradients that a state keeps nothing of.
    constexpr void find_longer_step() {
        double lost_below[max_states]{};
        for (std::size_t k = 0; k < states_.size(); ++k)
            if (is_kept(k)) lost_below[k] = formats_.states[k].smallest;
        double longest = 2, at = 0;  // below twice as long it is no warning
        for (std::size_t i = 0; i < underflows_.size(); ++i) {
            const double gradient = underflows_[i] / 2;
            const auto exact = estimate(gradient).of_update(update_).rest;
            const auto kept = estimate(gradient, 1, {lost_below, states_.size()}).of_update(update_).rest;
            if (exact.size > 0 && !exact.is_guess && kept.size > longest * exact.size) longest = kept.size / exact.size, at = gradient;
        }
        if (at > 0) warn(numerics_warning::step_grows, "param", formats_.param, longest, at);
    }
};

/// Searches a program as it is written.
template <std::size_t Capacity>
constexpr numerics_report numerics_of(const program<Capacity>& p, std::span<const double> hyperparameters, const kept_formats& formats,
                                      const expected_run& run) {
    std::array<sized_value, Capacity> scratch{};
    const std::span code(p.code.begin(), p.code.size());
    const std::span states(p.states.begin(), p.states.size());
    return numerics_search(code, states, p.update, scratch, hyperparameters, formats, run).report;
}

/// The same for hyperparameters that are not set.
template <std::size_t Capacity>
constexpr numerics_report numerics_of(const program<Capacity>& p, const kept_formats& formats, const expected_run& run) {
    std::array<double, max_hyperparameters> defaults{};
    for (std::size_t i = 0; i < p.hypers.size(); ++i) defaults[i] = p.hypers[i].default_value;
    return numerics_of(p, std::span<const double>(defaults), formats, run);
}

/// Numbers that are kept in the type that a step computes in.
template <class T>
constexpr kept_formats kept_as_computed(bool flushes) {
    kept_formats formats{facts_of<T>(flushes), facts_of<T>(flushes)};
    for (auto& s : formats.states) s = formats.computed;
    return formats;
}

/// A number in three digits, or a whole one in all of its digits.
inline std::string rough_text(double value) {
    if (value >= 1000 && value < 1e6) return std::to_string(static_cast<int>(value + 0.5));
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 3).ptr;
    return {buffer, end};
}

}  // namespace detail

/// "v: no longer decays: a step takes 0.001 of it, and bfloat16 rounds away what is below 0.00391": a warning in one line.
inline std::string in_words(const numerics_finding& x) {
    const std::string name(x.name), format(x.format), value = detail::rough_text(x.value), limit = detail::rough_text(x.limit);
    switch (x.kind) {
        case numerics_warning::average_stalls:
            return name + ": no longer decays: a step takes " + value + " of it, and " + format + " rounds away what is below " + limit;
        case numerics_warning::sum_stalls: return name + ": loses what a step adds once it is " + value + " times as large, in " + format;
        case numerics_warning::underflows: return name + ": keeps nothing of gradients below " + value + ", in " + format;
        case numerics_warning::overflows: return name + ": is infinite for gradients above " + value + ", in " + format;
        case numerics_warning::step_grows:
            return name + ": a step is " + value + " times too long for gradients of " + limit + ", because a state underflows";
        case numerics_warning::constant_vanishes:
            return (name.empty() ? "a constant" : name) + ": " + value + " is 0 in " + format + ", where it is added";
        case numerics_warning::decay_is_lost:
            return name + ": weight decay of " + value + " is lost: " + format + " rounds away what is below " + limit + " of a weight";
        case numerics_warning::step_is_lost:
            return name + ": a step of " + value + " is lost at a weight of 1: " + format + " rounds away what is below " + limit;
    }
    return {};
}

/// "v: bfloat16, keeps changes from 0.00391 of it, gradients from 3.43e-18 to 1.84e+19": how a state is kept.
inline std::string in_words(const kept_numbers& x) {
    std::string text = std::string(x.name) + ": " + std::string(x.numbers.name) + ", keeps ";
    text += x.smallest_change == 0 ? "any change in the mean" : "changes from " + detail::rough_text(x.smallest_change) + " of it";
    if (x.largest_gradient > 0)
        text += ", gradients from " + detail::rough_text(x.smallest_gradient) + " to " + detail::rough_text(x.largest_gradient);
    return text;
}

/// "eps: 1e-08 changes nothing for gradients above 0.336": what rounding leaves of a constant.
inline std::string in_words(const added_constant& x) {
    return (x.name.empty() ? "a constant" : std::string(x.name)) + ": " + detail::rough_text(x.value) +
           " changes nothing for gradients above " + detail::rough_text(x.largest_gradient);
}

/// All of a report: a line for each state, each constant and each warning.
inline std::string in_words(const numerics_report& report) {
    std::string text;
    for (const auto& x : report.kept) text += in_words(x) + "\n";
    for (const auto& x : report.constants) text += in_words(x) + "\n";
    for (const auto& x : report.warnings) text += "warning: " + in_words(x) + "\n";
    return text;
}

}  // namespace furl
