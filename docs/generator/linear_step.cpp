#include "linear_step.hpp"

#include "local_value.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace docs {

namespace {

using furl::op;

// The inputs of a step, such as a diagonal of the Hessian. They depend on the parameter as gradients do, but need not be in proportion to it.
constexpr variables data = bit(most_variables);

// The values of a program in one step near the minimum, once it is found which states are held.
class evaluation {
  public:
    evaluation(const rule_program& rule, const setting& given)
        : rule_(rule), given_(given), values_(rule.code.size()), old_(rule.states.size()),
          is_held_(rule.states.size()), reads_(rule.code.size()), depends_(rule.states.size()) {
        hold_states();
    }

    const local_value& at(std::int16_t i) const { return values_[static_cast<std::size_t>(i)]; }
    const local_value& next(std::size_t state) const { return at(rule_.states[state].next); }
    bool is_held(std::size_t state) const { return is_held_[state]; }

    // Tells whether the step of one element depends on the held states of other elements: they are operands of a reduction.
    bool joins_elements() const {
        std::vector<bool> reads(values_.size());
        for (std::size_t i = 0; i < reads.size(); ++i) {
            const auto& x = rule_.code[i];
            reads[i] = held_by(i) || (x.code == op::previous && is_held_[static_cast<std::size_t>(x.slot)]);
            for (auto operand : x.operands) reads[i] = reads[i] || (operand >= 0 && reads[static_cast<std::size_t>(operand)]);
            if (reads[i] && furl::program<1>::reduces(x.code) && values_[i].value != 0) return true;
        }
        return false;
    }

  private:
    rule_program rule_;
    setting given_;
    std::vector<local_value> values_;
    std::vector<double> old_;  // of the states that depend on nothing but the step
    std::vector<bool> is_held_;
    std::vector<variables> reads_;    // what each instruction depends on in this step
    std::vector<variables> depends_;  // on what the states depend in the end, by way of other states too

    // The held state that an instruction computes.
    std::optional<std::size_t> held_by(std::size_t i) const {
        for (std::size_t k = 0; k < is_held_.size(); ++k)
            if (is_held_[k] && static_cast<std::size_t>(rule_.states[k].next) == i) return k;
        return {};
    }

    void find_dependence() {
        const auto count = rule_.states.size();
        for (std::size_t i = 0; i < reads_.size(); ++i) {
            const auto& x = rule_.code[i];
            reads_[i] = x.code == op::param      ? bit(0)
                        : x.code == op::grad     ? bit(1)
                        : x.code == op::input    ? bit(1) | data
                        : x.code == op::previous ? bit(2 + static_cast<std::size_t>(x.slot))
                                                 : 0;
            for (auto operand : x.operands)
                if (operand >= 0) reads_[i] |= reads_[static_cast<std::size_t>(operand)];
            if (held_by(i)) reads_[i] = 0;
        }
        for (std::size_t k = 0; k < count; ++k) depends_[k] = reads_[static_cast<std::size_t>(rule_.states[k].next)];
        for (std::size_t round = 0; round < count; ++round)
            for (auto& all : depends_) all = in_the_end(all);
    }

    // Adds to a set of variables those that its states depend on.
    variables in_the_end(variables read) const {
        auto all = read;
        for (std::size_t k = 0; k < depends_.size(); ++k)
            if (read & bit(2 + k)) all |= depends_[k];
        return all;
    }

    static bool is_of_the_step(variables all) { return (all & (bit(0) | bit(1))) == 0; }
    bool is_state_of_the_step(std::size_t k) const { return !is_held_[k] && is_of_the_step(depends_[k]); }

    // Repeats the step for the states that depend on nothing else, until they change no more.
    void run_states_of_the_step() {
        std::vector<std::size_t> states;
        for (std::size_t k = 0; k < old_.size(); ++k)
            if (is_state_of_the_step(k)) states.push_back(k);
        std::vector<std::size_t> instructions;
        for (std::size_t i = 0; i < reads_.size(); ++i)
            if (reads_[i] != 0 && is_of_the_step(in_the_end(reads_[i]))) instructions.push_back(i);
        evaluate();
        for (auto k : states) old_[k] = at(rule_.states[k].initial).value;
        bool is_moving = !states.empty();
        for (int i = 0; i < 10000 && is_moving; ++i) {
            for (auto instruction : instructions) evaluate(instruction);
            is_moving = false;
            for (auto k : states) {
                const double now = next(k).value;
                is_moving = is_moving || std::abs(now - old_[k]) > 1e-9 * (1e-3 + std::abs(now));
                old_[k] = now;
            }
        }
    }

    // A state is linear if something changes it in proportion. A gradient does not change an average of its squares, which is flat.
    bool is_linear(std::size_t state) const {
        const auto& x = next(state);
        bool is_flat = true;
        for (std::size_t i = 0; i < most_variables; ++i)
            if (i != 2 + state && std::abs(x.slope[i]) > 1e-6) is_flat = false;
        return x.is_smooth && !(is_flat && x.curved != 0) && !(depends_[state] & data);
    }

    // Holds states that are not linear, one after the other, as a state that reads another may be linear once that one is held.
    void hold_states() {
        for (;;) {
            find_dependence();
            run_states_of_the_step();
            evaluate();
            variables nonlinear = 0;
            for (std::size_t k = 0; k < is_held_.size(); ++k)
                if (!is_held_[k] && !is_state_of_the_step(k) && !is_linear(k)) nonlinear |= bit(2 + k);
            if (nonlinear == 0) return;
            std::size_t first = is_held_.size();
            for (std::size_t k = is_held_.size(); k-- > 0;) {
                const bool reads_others = depends_[k] & nonlinear & ~bit(2 + k);
                if ((nonlinear & bit(2 + k)) && (first == is_held_.size() || !reads_others)) first = k;
            }
            is_held_[first] = true;
        }
    }

    void evaluate() {
        for (std::size_t i = 0; i < values_.size(); ++i) evaluate(i);
    }

    void evaluate(std::size_t i) {
        const auto state = held_by(i);
        values_[i] = state ? held(*state) : value_of(rule_.code[i]);
    }

    local_value held(std::size_t state) const {
        return local_value::number(rule_.states[state].name == given_.other ? given_.value_of_other : 1);
    }

    local_value old(std::size_t state) const {
        if (is_held_[state]) return held(state);
        return is_state_of_the_step(state) ? local_value::number(old_[state]) : local_value::variable(2 + state);
    }

    local_value value_of(const furl::instruction& x) const {
        static const local_value none{};
        const auto operand = [&](std::size_t k) -> const local_value& { return x.operands[k] < 0 ? none : at(x.operands[k]); };
        switch (x.code) {
            case op::constant: case op::tensor_hyper: return local_value::number(x.value);
            case op::hyper: return local_value::number(given_.hyperparameters[static_cast<std::size_t>(x.slot)]);
            case op::step: return local_value::number(given_.step);
            case op::first_step: return {};
            case op::count: case op::all_finite: case op::input: return local_value::number(1);
            case op::param: return local_value::variable(0);
            case op::grad: return local_value::variable(1);
            case op::previous: return old(static_cast<std::size_t>(x.slot));
            default: return apply(x.code, operand(0), operand(1), operand(2));
        }
    }
};

std::string_view reason_of_code(const rule_program& rule) {
    for (const auto& x : rule.code) {
        if (x.code == op::matrix) return "it changes the gradient as a whole matrix";
        if (x.code == op::step_input) return "the length of its step follows from the value of the loss";
    }
    return {};
}

}  // namespace

linear_step linearize(const rule_program& rule, const setting& given) {
    linear_step result;
    result.reason = reason_of_code(rule);
    if (!result.reason.empty()) return result;
    const evaluation values(rule, given);
    for (std::size_t k = 0; k < rule.states.size(); ++k)
        if (values.is_held(k)) result.held.push_back(rule.states[k].name);

    if (values.joins_elements()) {
        result.reason = "it compares the elements of a tensor with one another";
        return result;
    }

    // The variables of the matrix are the parameter, what its new value reads, what that reads in turn, and so on.
    std::vector<std::size_t> found{0};
    const auto new_value = [&](std::size_t variable) -> const local_value& {
        return variable == 0 ? values.at(rule.update) : values.next(variable - 2);
    };
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto& x = new_value(found[i]);
        if (x.curved & bit(0)) {
            result.reason = "the length of its step follows from the size of the parameters";
            return result;
        }
        // A momentum of signs, for example, has no derivative, so it counts as held, and the parameter does not rest.
        if (!x.is_smooth || std::abs(x.value) > 1e-9) {
            result.reason = "at the minimum a part of its step has no derivative";
            return result;
        }
        for (std::size_t k = 0; k < rule.states.size(); ++k)
            if (x.slope[2 + k] != 0 && std::ranges::find(found, 2 + k) == found.end()) found.push_back(2 + k);
    }
    if (std::ranges::all_of(found, [&](auto variable) { return new_value(variable).slope[1] == 0; })) {
        result.reason = "near the minimum its step shrinks faster than the gradient";
        return result;
    }
    std::ranges::sort(found);
    result.variables = found;
    const auto size = static_cast<Eigen::Index>(found.size());
    result.rest.resize(size, size);
    result.by_gradient.resize(size);
    for (Eigen::Index i = 0; i < size; ++i) {
        const auto& x = new_value(found[static_cast<std::size_t>(i)]);
        result.by_gradient[i] = x.slope[1];
        for (Eigen::Index j = 0; j < size; ++j) result.rest(i, j) = x.slope[found[static_cast<std::size_t>(j)]];
    }
    return result;
}

}  // namespace docs
