#pragma once

#include <furl/program/constant_folding.hpp>
#include <furl/program/program.hpp>

#include <optional>
#include <span>

namespace FURL_NAMESPACE::detail {

/// About how large a value is, and how it grows with the gradient: as gradient^degree, near the gradient that it was found for.
/// Sizes stay in a range of 1e-140 to 1e140, so that no product of two is infinite. A smaller one counts as 0.
struct value_size {
    double size = 0;         ///< a magnitude, at least 0
    double degree = 0;       ///< 2 for the square of a gradient, 0 for a quotient of two averages of it
    bool is_guess = false;   ///< whether it depends on data whose size nobody knows: an input, a function of matrices

    // These are the sizes of functions of values that are positive.
    friend constexpr value_size operator*(value_size a, value_size b) {
        return {limited(a.size * b.size), a.degree + b.degree, a.is_guess || b.is_guess};
    }
    friend constexpr value_size operator*(double factor, value_size a) {
        return {limited(a.size * magnitude(factor)), a.degree, a.is_guess};
    }
    friend constexpr value_size operator/(value_size a, value_size b) { return a * b.to_power(-1); }
    friend constexpr value_size operator+(value_size a, value_size b) {
        const double both = a.size + b.size;
        return {limited(both), both == 0 ? 0 : (a.size * a.degree + b.size * b.degree) / both, a.is_guess || b.is_guess};
    }
    constexpr value_size to_power(double exponent) const {
        if (size == 0) return {exponent > 0 ? 0 : 1e140, 0, is_guess};
        return {limited(exponent == -1 ? 1 / size : pow_of(size, exponent)), degree * exponent, is_guess};
    }
    static constexpr value_size larger(value_size a, value_size b) { return a.size < b.size ? b : a; }
    static constexpr value_size smaller(value_size a, value_size b) { return b.size < a.size ? b : a; }

    static constexpr double limited(double x) { return x < 1e-140 ? 0 : x > 1e140 ? 1e140 : x; }
};

/// A value as coefficient * x + rest, where x is the parameter or the old value of a state.
struct linear_size {
    double coefficient = 0;  ///< 0 if x is in no such product; then the rest may depend on it
    value_size rest{};

    friend constexpr linear_size operator+(linear_size a, linear_size b) { return {a.coefficient + b.coefficient, a.rest + b.rest}; }
    friend constexpr linear_size operator*(double factor, linear_size a) { return {factor * a.coefficient, factor * a.rest}; }
};

/// What is known about an instruction.
struct sized_value {
    std::optional<double> number{};  ///< its value, if it depends on nothing but numbers, hyperparameters and the step
    value_size size{};
    linear_size linear{};
};

/// Estimates how large the values of a program are after many steps with gradients of one size.
///
/// It takes each operand as positive, so it sees no cancellation; a parameter and an input as 1; and a reduction as one over a single
/// value. A state that is linear in its old value has the value that its recurrence reaches; for others it repeats the step until
/// nothing changes, or gives up.
class size_estimate {
  public:
    /// What the sizes depend on.
    struct conditions {
        std::span<const double> hyperparameters{};  ///< in the order of the program
        double gradient = 1;
        double data = 1;  ///< the size of parameters, inputs and random numbers
        double step = 1000;
        std::span<const double> lost_below{};  ///< for each state, what a step must add to it to be kept; if empty, all is kept
    };

    /// @param values  scratch memory, for each instruction.
    constexpr size_estimate(std::span<const instruction> code, std::span<const state_entry> states, std::span<sized_value> values,
                            const conditions& given)
        : code_(code), states_(states), values_(values), given_(given) {
        for (std::size_t i = 0; i < code_.size(); ++i) {
            const auto number = values_[i].number = find_number(code_[i]);
            if (number) values_[i].size = {value_size::limited(magnitude(*number)), 0};
        }
        // A state may depend on another that is found after it.
        constexpr int most_rounds = 12;
        bool all_settled = false;
        for (int round = 0; round < most_rounds && !all_settled; ++round) {
            for (std::size_t i = 0; i < code_.size(); ++i)
                if (!values_[i].number) values_[i].size = find_size(code_[i]);
            is_first_round_ = false;
            all_settled = true;
            for (std::size_t k = 0; k < states_.size(); ++k) {
                const auto now = find_old(k);
                settled_[k] = now.size < 1e140 && magnitude(now.size - old_[k].size) <= 1e-6 * now.size;
                all_settled = all_settled && settled_[k];
                old_[k] = now;
            }
        }
    }

    /// The number that a value is, if it is the same for all gradients and parameters.
    constexpr std::optional<double> number(std::int16_t i) const { return at(i).number; }

    constexpr value_size size(std::int16_t i) const { return at(i).size; }

    /// The size of a state before a step; and whether that is known: a state that is not linear in its old value may grow for ever.
    constexpr value_size old(std::size_t state) const { return old_[state]; }
    constexpr bool is_settled(std::size_t state) const { return settled_[state]; }

    /// The new value of a state, of its old one; the update, of the parameter.
    constexpr linear_size of_state(std::size_t k) const {
        return linear_in(states_[k].next, op::previous, static_cast<std::int16_t>(k));
    }
    constexpr linear_size of_update(std::int16_t update) const {
        return linear_in(update, op::param, -1);
    }

  private:
    std::span<const instruction> code_;
    std::span<const state_entry> states_;
    std::span<sized_value> values_;
    conditions given_;
    value_size old_[max_states]{};
    bool settled_[max_states]{};
    bool is_first_round_ = true;  // a state has its initial value, which comes before it

    constexpr sized_value& at(std::int16_t i) const { return values_[static_cast<std::size_t>(i)]; }

    constexpr std::optional<double> find_number(const instruction& x) const {
        switch (x.code) {
            case op::constant: case op::tensor_hyper: return x.value;
            case op::hyper: return given_.hyperparameters[static_cast<std::size_t>(x.slot)];
            case op::step: return given_.step;
            case op::first_step: return 0;
            case op::count: case op::all_finite: return 1;
            default: break;
        }
        if (info(x.code).kind == op_kind::leaf || program<1>::reduces(x.code)) return {};
        double operands[3]{};
        for (std::size_t k = 0; k < 3; ++k)
            if (x.operands[k] >= 0) {
                const auto known = number(x.operands[k]);
                if (!known) return {};
                operands[k] = *known;
            }
        if (x.code == op::select) return operands[0] != 0 ? operands[1] : operands[2];
        return folded(x.code, operands[0], operands[1], operands[2]);
    }

    constexpr value_size find_size(const instruction& x) const {
        const auto operand = [&](std::size_t k) { return x.operands[k] < 0 ? value_size{} : size(x.operands[k]); };
        const auto a = operand(0), b = operand(1), c = operand(2);
        constexpr value_size one{1, 0};
        switch (x.code) {
            case op::grad: return {given_.gradient, 1};
            case op::param: case op::updated: case op::random: return {given_.data, 0};
            case op::input: case op::step_input: case op::matrix: return {given_.data, 0, true};
            case op::previous: return is_first_round_ ? size(states_[static_cast<std::size_t>(x.slot)].initial) : old_[x.slot];
            case op::add: case op::subtract: return a + b;
            case op::multiply: case op::dot: return a * b;
            case op::divide: return a / b;
            case op::negate: case op::abs: case op::floor: case op::copysign: case op::sum: case op::mean: case op::norm: case op::norm1:
            case op::max_abs: case op::log1p: case op::expm1: return a;
            case op::square: return a * a;
            case op::cube: return a * a * a;
            case op::sqrt: return a.to_power(0.5);
            case op::rsqrt: return a.to_power(-0.5);
            case op::cbrt: return a.to_power(1.0 / 3);
            case op::tanh: case op::sin: return value_size::smaller(a, one);
            case op::atan2: return value_size::smaller(a / b, {1.57, 0});
            case op::pow: return number(x.operands[1]) ? a.to_power(*number(x.operands[1])) : one;
            case op::minimum: return value_size::smaller(a, b);
            case op::maximum: return value_size::larger(a, b);
            case op::clamp: return value_size::smaller(a, value_size::larger(b, c));
            case op::lerp:
                if (const auto t = number(x.operands[2])) return (1 - *t) * a + *t * b;
                return value_size::larger(a, b);
            case op::select:
                if (const auto condition = number(x.operands[0])) return *condition != 0 ? b : c;
                return value_size::larger(b, c);
            default: return one;
        }
    }

    // What a state with s = c s + rest has reached before this step.
    constexpr value_size find_old(std::size_t k) const {
        const auto& s = states_[k];
        const auto initial = size(s.initial);
        if (s.role != state_role::of_rule) return initial;
        const auto [c, rest] = of_state(k);
        if (initial.size == 0 && !given_.lost_below.empty() && rest.size <= given_.lost_below[k]) return {};
        if (c <= 0 || c > 1) return size(s.next);
        const double steps = given_.step - 1;
        if (c > 1 - 1e-12) return initial + steps * rest;
        const double kept = pow_of(c, steps);
        return kept * initial + (1 - kept) / (1 - c) * rest;
    }

    // Writes a value as a linear function of the leaf of this operation and slot. What comes before that leaf does not depend on it.
    constexpr linear_size linear_in(std::int16_t value, op variable, std::int16_t slot) const {
        const auto is_variable = [&](const instruction& x) { return x.code == variable && x.slot == slot; };
        std::int16_t first = 0;
        while (first <= value && !is_variable(code_[static_cast<std::size_t>(first)])) ++first;
        if (first > value) return {0, size(value)};
        at(first).linear = {1, {}};
        for (auto i = static_cast<std::int16_t>(first + 1); i <= value; ++i) at(i).linear = find_linear(i, first);
        return at(value).linear;
    }

    constexpr linear_size find_linear(std::int16_t i, std::int16_t first) const {
        const auto& x = code_[static_cast<std::size_t>(i)];
        const linear_size nonlinear{0, size(i)};
        const auto operand = [&](std::size_t k) {
            return x.operands[k] < first ? linear_size{0, size(x.operands[k])} : at(x.operands[k]).linear;
        };
        const auto known = [&](std::size_t k) { return number(x.operands[k]); };
        switch (x.code) {
            case op::add: return operand(0) + operand(1);
            case op::subtract: return operand(0) + -1 * operand(1);
            case op::negate: return -1 * operand(0);
            case op::multiply:
                if (known(0)) return *known(0) * operand(1);
                return known(1) ? *known(1) * operand(0) : nonlinear;
            case op::divide: return known(1) && *known(1) != 0 ? 1 / *known(1) * operand(0) : nonlinear;
            case op::lerp: return known(2) ? (1 - *known(2)) * operand(0) + *known(2) * operand(1) : nonlinear;
            case op::select:
                if (known(0)) return operand(*known(0) != 0 ? 1 : 2);
                if (operand(1).coefficient == operand(2).coefficient)
                    return {operand(1).coefficient, value_size::larger(operand(1).rest, operand(2).rest)};
                return nonlinear;
            default: return nonlinear;
        }
    }
};

}  // namespace furl::detail
