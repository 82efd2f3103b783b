#pragma once

#include <furl/language/graph.hpp>

#include <cstdint>
#include <string_view>

/// This folder holds programs and the constexpr functions that make, change, check and describe them. A program is a rule in SSA
/// form: each distinct value is one instruction, and operands come before their users.
namespace FURL_NAMESPACE {

/// A node of a program, with its domain and its slot.
struct instruction : node {
    domain where = domain::step;  ///< which numbers share its value
    std::int16_t slot = -1;      ///< the place of its name in the table of hyperparameters, inputs, step inputs or states, or -1
};

/// A hyperparameter of a program.
struct hyper_entry {
    std::string_view name;  ///< the name of the hyperparameter
    double default_value;   ///< the value until it is set
};

/// This says who changes a value that is kept from step to step.
enum class state_role : std::uint8_t {
    of_rule,        ///< the rule: a state that it defines
    started,        ///< the program: 1 once the tensor had its first step, else 0
    hyperparameter  ///< the user: a hyperparameter of each tensor
};

/// A state of a program.
struct state_entry {
    std::string_view name;       ///< the name of the state
    domain where = domain::step;  ///< its shape
    std::int16_t next = -1;     ///< the value after the step
    std::int16_t initial = -1;  ///< the value before the first step
    std::int16_t decay = -1;    ///< the decay of an ema; -1 for another state
    std::int16_t starts = -1;   ///< the condition of the step that takes the initial value; -1 if it is filled in before
    state_role role = state_role::of_rule;  ///< who changes it
};

/// A value that prints as an equation of its own.
struct name_entry {
    op kind;  ///< let, state or corrected
    std::string_view name;  ///< as the rule gives it
    std::int16_t value;     ///< the instruction that computes it
};

/// What is wrong with a rule.
enum class mistake : std::uint8_t {
    none,                 ///< nothing
    told,                 ///< reported by a static_assert of the language
    no_rule,              ///< E36
    not_defined,          ///< E44
    no_update,            ///< E02
    broken_update,        ///< reported by the compiler, at the latest when it is used
    no_constant,          ///< E27
    no_known_constant,    ///< reported by the compiler, at the latest when it is used
    element_type,         ///< E07
    no_expression,        ///< E01
    defined_twice,        ///< E03
    name_is_taken,        ///< E03
    two_defaults,         ///< E04
    no_default,           ///< E05
    updated_in_update,    ///< E08
    number_as_condition,  ///< E11
    condition_as_number,  ///< E12
    chained_comparison,   ///< E26
    state_not_defined,    ///< E13
    too_large,            ///< E14
    empty_name,           ///< E29
    guard_per_element,    ///< E21
    guard_stands_still,   ///< E21
    seed_per_element,     ///< E22
    no_stream,            ///< E22
    decay_out_of_range,   ///< E34
    biased_start,         ///< E37
    no_matrix,            ///< E52
    no_derivative,        ///< E54
};

/// A rule as a list of instructions and the tables of its names.
template <std::size_t Capacity>
struct program {
    static constexpr std::size_t capacity = Capacity;  ///< instructions that it can hold

    static_vector<instruction, Capacity> code;   ///< operands before their users
    node_index<Capacity> index{};                ///< finds equal instructions
    static_vector<hyper_entry, max_hyperparameters> hypers;  ///< in the order of their first use
    static_vector<std::string_view, max_inputs> inputs;      ///< the names of the inputs
    static_vector<std::string_view, max_step_inputs> step_inputs;  ///< the names of the numbers that a step is given
    static_vector<state_entry, max_states> states;           ///< in the order of their first use
    static_vector<name_entry, Capacity> names;   ///< the values that print as equations
    std::int16_t update = -1;                    ///< the new value of the parameter
    std::int16_t guard = -1;  ///< the condition without which the step is skipped; -1 if there is none
    std::int16_t gradient = -1;  ///< the value that a step writes to the gradient; -1 if it only reads it
    mistake error = mistake::none;  ///< what is wrong with the rule
    std::string_view culprit{};     ///< the name it is wrong about

    /// An instruction by its number.
    constexpr const instruction& operator[](std::int16_t i) const { return code[static_cast<std::size_t>(i)]; }

    /// Whether a value is computed for each parameter.
    constexpr bool is_element(std::int16_t i) const { return (*this)[i].where == domain::element; }

    /// Records what is wrong with the rule; the first mistake stays.
    constexpr void fail(mistake what, std::string_view who = {}) {
        if (error != mistake::none) return;
        error = what;
        culprit = who;
    }

    /// Returns the index of this instruction, which is added if there is no equal one yet. Sets its slot and its domain.
    constexpr std::int16_t emit(instruction wanted) {
        wanted.slot = slot_of(wanted);
        wanted.where = domain_of(wanted);
        const auto place = index.find(code.begin(), code.size(), wanted);
        if (place < code.size()) return static_cast<std::int16_t>(place);
        if (code.full()) {
            fail(mistake::too_large);
            return 0;
        }
        index.note(wanted, code.size());
        code.push_back(wanted);
        return static_cast<std::int16_t>(code.size() - 1);
    }

    /// Emits an operation on these operands.
    constexpr std::int16_t emit(op code_, std::int16_t a, std::int16_t b = -1, std::int16_t c = -1) {
        return emit(instruction{{code_, {a, b, c}, 0, {}}});
    }

    /// Emits a reduction of x that leaves a value of this domain, or the number of elements over this domain.
    constexpr std::int16_t emit(op code_, std::int16_t x, domain over) { return emit(instruction{{code_, {x, -1, -1}, 0, {}, over}}); }

    /// Emits a constant.
    constexpr std::int16_t emit(double value) { return emit(instruction{{op::constant, {-1, -1, -1}, value, {}}}); }

    /// Returns the place of a node's name in its table; -1 if the name is in none.
    constexpr std::int16_t slot_of(const node& x) const {
        const auto place = [&](const auto& table, auto name_of) -> std::int16_t {
            for (std::size_t i = 0; i < table.size(); ++i)
                if (name_of(table[i]) == x.name) return static_cast<std::int16_t>(i);
            return -1;
        };
        switch (x.code) {
            case op::hyper: return place(hypers, [](const auto& h) { return h.name; });
            case op::input: return place(inputs, [](auto name) { return name; });
            case op::step_input: return place(step_inputs, [](auto name) { return name; });
            case op::previous: case op::tensor_hyper: return place(states, [](const auto& s) { return s.name; });
            default: return -1;
        }
    }

    /// The state that an instruction reads.
    constexpr const state_entry& state_of(const instruction& x) const { return states[static_cast<std::size_t>(x.slot)]; }

    /// Returns the domain of an instruction: that of a leaf is known; a reduction leaves a part of its operand's; any other
    /// operation broadcasts its operands.
    constexpr domain domain_of(const instruction& x) const {
        switch (x.code) {
            case op::constant: case op::refused: case op::hyper: case op::step_input: case op::step: return domain::step;
            case op::count: return meet(x.over, domain::tensor);
            case op::tensor_hyper: return domain::tensor;
            case op::param: case op::grad: case op::updated: case op::input: case op::random: return domain::element;
            case op::previous: return x.slot < 0 ? domain::element : state_of(x).where;
            case op::first_step: return x.operands[0] < 0 ? x.over : join(x.over, (*this)[x.operands[0]].where);
            default: break;
        }
        domain result = domain::step;
        for (auto operand : x.operands)
            if (operand >= 0) result = join(result, (*this)[operand].where);
        return reduces(x.code) ? reduced(result, x.over) : result;
    }

    /// Whether an operation is a reduction, of a rule or of a machine.
    static constexpr bool reduces(op code) { return info(code).kind == op_kind::reduction || is_reduction(code); }

    /// Whether a reduction reads values of rows or columns, not of elements.
    constexpr bool reads_rows(const instruction& x) const {
        const auto where = (*this)[x.operands[0]].where;
        return where == domain::row || where == domain::column;
    }
    constexpr bool reads_elements(const instruction& x) const { return !reads_rows(x); }

    /// Whether the program has a value of rows or columns.
    constexpr bool has_lines() const {
        for (const auto& x : code)
            if (x.where == domain::row || x.where == domain::column) return true;
        return false;
    }

    /// Whether a value depends on the shape of a tensor.
    constexpr bool has_shape() const {
        for (const auto& x : code)
            if (x.code == op::matrix || (x.code == op::count && (x.over == domain::row || x.over == domain::column))) return true;
        return has_lines();
    }

    /// Returns the domain of a reduction. It is at least the tensor: a sum over a row of a value that is the same for the whole
    /// step is that value times the number of columns, which the tensor has.
    static constexpr domain reduced(domain operand, domain over) {
        return over == domain::step ? domain::step : join(meet(operand, over), domain::tensor);
    }
};

/// Makes a program from another one, instruction by instruction. x is the i-th instruction, with operands of the new program;
/// change(out, x, i) emits the replacement of x and returns its index in the new program.
template <std::size_t Capacity, class Change>
constexpr program<Capacity> rewrite(const program<Capacity>& in, Change change) {
    program<Capacity> out;
    out.hypers = in.hypers;
    out.inputs = in.inputs;
    out.step_inputs = in.step_inputs;
    out.error = in.error;
    out.culprit = in.culprit;
    for (auto s : in.states) {
        s.next = s.initial = s.decay = s.starts = -1;
        out.states.push_back(s);
    }

    static_vector<std::int16_t, Capacity> now;
    const auto moved = [&](std::int16_t i) { return i < 0 ? i : now[static_cast<std::size_t>(i)]; };
    for (std::size_t i = 0; i < in.code.size(); ++i) {
        instruction x = in.code[i];
        for (auto& operand : x.operands) operand = moved(operand);
        now.push_back(change(out, x, static_cast<std::int16_t>(i)));
    }
    for (std::size_t i = 0; i < in.states.size(); ++i) {
        out.states[i].next = moved(in.states[i].next);
        out.states[i].initial = moved(in.states[i].initial);
        out.states[i].decay = moved(in.states[i].decay);
        out.states[i].starts = moved(in.states[i].starts);
    }
    for (const auto& n : in.names) out.names.push_back({n.kind, n.name, moved(n.value)});
    out.update = moved(in.update);
    out.guard = moved(in.guard);
    out.gradient = moved(in.gradient);
    return out;
}

}  // namespace furl
