#pragma once

#include <furl/language/limits.hpp>
#include <furl/print/notation.hpp>
#include <furl/program/dead_code.hpp>
#include <furl/program/expand.hpp>
#include <furl/program/initialize.hpp>
#include <furl/program/pass_order.hpp>
#include <furl/program/uses.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A step as statements, for texts in languages that have them. One walk over the program serves all of these languages.
namespace FURL_NAMESPACE::detail {

/// A program that has room for any rule. All texts are made from this one type, at run time, so that a rule costs the compiler
/// nothing beyond its lowering.
using large_program = program<2 * max_graph_nodes + 24>;

/// Returns the program that the strict executors run, made from a rule as written.
template <std::size_t Capacity>
std::unique_ptr<large_program> as_run(const program<Capacity>& written) {
    auto copy = std::make_unique<large_program>();
    for (const auto& x : written.code) copy->code.push_back(x);
    for (const auto& n : written.names) copy->names.push_back(n);
    copy->hypers = written.hypers;
    copy->inputs = written.inputs;
    copy->step_inputs = written.step_inputs;
    copy->states = written.states;
    copy->update = written.update;
    copy->guard = written.guard;
    copy->gradient = written.gradient;
    *copy = initialize(*copy);
    *copy = expand(*copy);
    *copy = drop_dead_code(*copy);
    return copy;
}

/// A line `name = text` of a step: the value of an instruction.
struct assignment {
    std::int16_t value;
    std::string name, text;
};

/// A reduction, in the pass that reads its operand.
struct reduced_value {
    std::int16_t value;    ///< the reduction
    std::string name;      ///< the variable of its result
    std::string operand;   ///< the text of what it adds up
    domain read;           ///< the domain of the operand
};

/// What a step writes: to the parameters, the gradients or a state.
struct stored_value {
    op kind;            ///< param, grad, or previous for a state
    std::size_t state;  ///< the place of the state
    domain where;       ///< what has one value of it
    std::int16_t value;
    std::string text;
};

/// The statements of one pass over memory. A value that several passes need is computed again in each of them, except a value of
/// the step.
struct pass_statements {
    std::vector<assignment> of_step;      ///< the values of the step that become known before this pass
    std::vector<std::int16_t> leaves;     ///< what the pass reads: streams, states, sizes, results of reductions; not of the step
    std::vector<assignment> random_keys;  ///< the streams of random numbers: the text is the seed
    std::vector<assignment> of_tensor, of_rows, of_columns, of_elements;
    std::vector<reduced_value> reductions;  ///< those that read their operand in this pass
};

/// A step as statements of a language.
///
/// Language has: `words`, a column of notations; `reserved`, identifiers that it uses itself, and `field_names`, those that a state cannot
/// have; `constant(value, of_elements,
/// needs_type)`, a number, which needs a type of its own in a call or among nothing but constants; `rounded(variable)`, a number of a
/// larger domain in the element type; and `stores_arrays`, which is true if a statement computes or writes whole arrays: then what is
/// written must be computed before anything is written, and `copy(variable)` copies an array.
template <class Language>
class statements {
  public:
    explicit statements(const large_program& program)
        : program_(program),
          levels_(find_levels(program)),
          uses_(count_uses(program)),
          variables_(Language::reserved, Language::field_names) {
        for (const auto& h : program.hypers) hypers.push_back(variables_.add(h.name));
        for (auto name : program.inputs) inputs.push_back(variables_.add(name));
        for (auto name : program.step_inputs) step_inputs.push_back(variables_.add(name));
        identifiers fields(Language::field_names);
        for (const auto& name : inputs) fields.add(name);
        for (const auto& state : program.states) states.push_back(fields.add(state.name));
        name_values();
        for (std::size_t pass = 0; pass < levels_.passes; ++pass) passes.push_back(write_pass(static_cast<std::int16_t>(pass)));
        if (program.guard >= 0) guard = print(program.guard).text;
    }

    std::vector<std::string> hypers, inputs, step_inputs;  ///< their variables
    std::vector<std::string> states;                       ///< the names of states, as identifiers
    std::vector<std::int16_t> step_leaves;  ///< what values of the step read: hyperparameters, inputs, states of the step
    std::vector<pass_statements> passes;
    std::vector<stored_value> stores;  ///< what the last pass writes
    std::string guard;                 ///< the condition without which the step is skipped; empty if there is none

    const large_program& program() const { return program_; }
    const instruction& operator[](std::int16_t i) const { return program_[i]; }

    /// The variable of a value.
    const std::string& variable(std::int16_t i) const { return names_[static_cast<std::size_t>(i)]; }

    /// Whether a reduction adds up the values of each element. Else those are one for each row or column.
    bool reads_elements(const reduced_value& r) const { return program_.reads_elements(program_[r.value]); }

    /// All reductions, in the order of their passes.
    std::vector<reduced_value> reductions() const {
        std::vector<reduced_value> all;
        for (const auto& pass : passes) all.insert(all.end(), pass.reductions.begin(), pass.reductions.end());
        return all;
    }

    /// Whether the program has an instruction for which this holds.
    template <class Holds>
    bool any(Holds holds) const {
        return std::ranges::any_of(program_.code, holds);
    }

    /// Whether a reduction adds up values of elements, over more than a column.
    bool sums_elements(const reduced_value& r) const {
        return program_[r.value].code == op::reduce_sum && reads_elements(r) && program_[r.value].where != domain::column;
    }

    /// Whether the program has this operation.
    bool has(op code) const {
        return any([=](const instruction& x) { return x.code == code; });
    }

  private:
    const large_program& program_;
    pass_levels<large_program::capacity> levels_;
    use_counts<large_program::capacity> uses_;
    identifiers variables_;
    std::size_t unnamed_ = 0, reductions_ = 0;
    std::vector<std::string> names_;  // the variable of each instruction; empty if its text stands in that of its user

    std::int16_t size() const { return static_cast<std::int16_t>(program_.code.size()); }
    static bool is_leaf(const instruction& x) { return info(x.code).kind == op_kind::leaf || is_reduction(x.code); }

    // The name that a rule gives to a value, or that a leaf or an update has.
    std::string given_name(std::int16_t i) const {
        const auto& x = program_[i];
        switch (x.code) {
            case op::previous: return std::string(x.name) + "_old";
            case op::count:
                if (x.over == domain::step) return "count_all";
                return x.over == domain::row ? "columns" : x.over == domain::column ? "rows" : "count";
            case op::param: case op::grad: case op::step: return std::string(info(x.code).text);
            case op::random: return "random";
            default: break;
        }
        for (const auto& n : program_.names)
            if (n.value == i) return std::string(n.name) + (n.kind == op::corrected ? "_hat" : "");
        if (i == program_.update && !is_used_beside_its_like(i)) return "updated";
        return {};
    }

    // The domain of the values beside which a value is used, if that is one domain.
    bool is_used_beside_its_like(std::int16_t i) const {
        const auto where = program_[i].where;
        for (const auto& x : program_.code)
            for (std::size_t k = 0; k < std::size(x.operands); ++k)
                if (x.operands[k] == i && !is_reduction(x.code) && (x.where != where || is_repeated(x, k))) return false;
        for (const auto& s : program_.states)
            if (s.next == i && (s.where != where || Language::stores_arrays)) return false;
        return !Language::stores_arrays || (i != program_.update && i != program_.gradient);
    }

    static bool is_repeated(const instruction& x, std::size_t operand) {
        const auto* row = notation_of(x.code);
        return row && (row->*Language::words).uses(operand) > 1;
    }

    void name_values() {
        names_.resize(program_.code.size());
        for (std::int16_t i = 0; i < size(); ++i) {
            const auto& x = program_[i];
            auto& name = names_[static_cast<std::size_t>(i)];
            if (x.code == op::constant) continue;
            if (x.code == op::hyper) name = hypers[static_cast<std::size_t>(x.slot)];
            else if (x.code == op::input) name = input_variable(x);
            else if (x.code == op::step_input) name = step_inputs[static_cast<std::size_t>(x.slot)];
            else if (is_reduction(x.code)) name = variables_.add((x.code == op::reduce_sum ? "sum" : "largest") + std::to_string(++reductions_));
            else if (const auto given = given_name(i); !given.empty()) name = is_reserved_leaf(x.code) ? given : variables_.add(given);
            else if (!uses_.once(i) || !is_used_beside_its_like(i)) name = variables_.add("x" + std::to_string(++unnamed_));
            if (is_leaf(x) && x.where == domain::step && !is_reduction(x.code)) step_leaves.push_back(i);
        }
    }

    // In a language of whole arrays the name of an input is that of a list, and a tensor of it has another one.
    std::string input_variable(const instruction& x) {
        return Language::stores_arrays ? variables_.add(std::string(x.name) + "_k") : inputs[static_cast<std::size_t>(x.slot)];
    }

    // Languages reserve the names of these leaves.
    static bool is_reserved_leaf(op code) { return code == op::count || code == op::param || code == op::grad || code == op::step; }

    phrase print(std::int16_t i) const {
        const auto& x = program_[i];
        if (x.code == op::constant) return Language::constant(x.value, false, true);
        if (!variable(i).empty()) return {variable(i)};
        return expression(i);
    }

    // An operand of instruction x. Where x is computed for each element, a number of a larger domain is rounded to the element type.
    phrase operand(const instruction& x, std::int16_t i, bool needs_type) const {
        const bool of_elements = x.where == domain::element;
        if (program_[i].code == op::constant) return Language::constant(program_[i].value, of_elements, needs_type);
        const bool is_number = !info(program_[i].code).is_condition;
        return of_elements && is_number && program_[i].where != domain::element ? Language::rounded(variable(i)) : print(i);
    }

    phrase expression(std::int16_t i) const {
        const auto& x = program_[i];
        const wording& words = notation_of(x.code)->*Language::words;
        const bool in_call = words.holds == tightness::atom;
        const bool of_constants = std::ranges::all_of(x.operands, [&](auto k) { return k < 0 || program_[k].code == op::constant; });
        phrase result{"", words.holds};
        for (std::size_t at = 0; at < words.text.size(); ++at) {
            if (words.text[at] != '$') {
                result.text += words.text[at];
                continue;
            }
            const bool is_first = at == 0;
            const auto x_k = x.operands[words.text[++at] - '0'];
            const auto part = operand(x, x_k, in_call || of_constants);
            // Numbers of floating point are not associative, so the right operand of an operator binds more tightly.
            const auto least = in_call ? tightness::either : is_first ? words.holds : static_cast<tightness>(static_cast<int>(words.holds) + 1);
            result.text += least > part.holds ? "(" + part.text + ")" : part.text;
        }
        return result;
    }

    // The text of a number that is written to a place with one value for each `where`, or added up for each of those.
    std::string written(std::int16_t i, domain where) const {
        if (where != domain::element || program_[i].where == domain::element) return print(i).text;
        if (program_[i].code == op::constant) return Language::constant(program_[i].value, true, true).text;
        return info(program_[i].code).is_condition ? print(i).text : Language::rounded(variable(i)).text;
    }

    bool is_made_in(std::int16_t reduction, std::int16_t pass) const {
        const auto& x = program_[reduction];
        if (!is_reduction(x.code)) return false;
        return program_.reads_elements(x) ? levels_.level[x.operands[0]] == pass : levels_.level[reduction] == pass + 1;
    }

    // Marks what a pass needs, down to leaves and results of reductions.
    std::vector<bool> needed_in(std::int16_t pass) const {
        std::vector<bool> needed(program_.code.size());
        const auto mark = [&](std::int16_t i) {
            if (i >= 0) needed[static_cast<std::size_t>(i)] = true;
        };
        for (std::int16_t i = 0; i < size(); ++i)
            if (is_made_in(i, pass)) mark(program_[i].operands[0]);
        if (is_last(pass)) {
            mark(program_.update), mark(program_.gradient);
            for (const auto& s : program_.states)
                if (s.where != domain::step) mark(s.next);
        }
        for (auto i = static_cast<std::int16_t>(size() - 1); i >= 0; --i)
            if (needed[static_cast<std::size_t>(i)] && !is_leaf(program_[i]))
                for (auto operand : program_[i].operands) mark(operand);
        return needed;
    }

    bool is_last(std::int16_t pass) const { return pass + 1 == static_cast<std::int16_t>(levels_.passes); }

    void add_line(std::vector<assignment>& to, std::int16_t i) const {
        if (!variable(i).empty()) to.push_back({i, variable(i), expression(i).text});
    }

    pass_statements write_pass(std::int16_t pass) {
        pass_statements result;
        const auto needed = needed_in(pass);
        for (std::int16_t i = 0; i < size(); ++i) {
            const auto& x = program_[i];
            if (x.where == domain::step) {
                if (!is_leaf(x) && levels_.level[i] == pass) add_line(result.of_step, i);
                continue;
            }
            if (!needed[static_cast<std::size_t>(i)]) continue;
            if (is_leaf(x)) result.leaves.push_back(i);
            else if (x.code == op::random) add_random(result, i);
            else add_line(lines_of(result, x.where), i);
        }
        for (std::int16_t i = 0; i < size(); ++i)
            if (is_made_in(i, pass)) {
                const auto operand = program_[i].operands[0];
                const auto read = program_.reads_elements(program_[i]) ? domain::element : program_[operand].where;
                result.reductions.push_back({i, variable(i), written(operand, read), read});
            }
        if (is_last(pass)) find_stores(result);
        return result;
    }

    static std::vector<assignment>& lines_of(pass_statements& pass, domain where) {
        switch (where) {
            case domain::tensor: return pass.of_tensor;
            case domain::row: return pass.of_rows;
            case domain::column: return pass.of_columns;
            default: return pass.of_elements;
        }
    }

    // The variable of a random number is its own; that of its key is another.
    void add_random(pass_statements& pass, std::int16_t i) {
        const auto& x = program_[i];
        const auto key = variables_.add("key");
        pass.random_keys.push_back({i, key, print(x.operands[0]).text});
        const wording& words = notation_of(op::random)->*Language::words;
        std::string text(words.text);
        text.replace(text.find("$0"), 2, key);
        pass.of_elements.push_back({i, variable(i), text});
    }

    // An array that becomes the old value of another is copied before either is written.
    void find_stores(pass_statements& last) {
        const auto add = [&](op kind, std::size_t state, domain where, std::int16_t value) {
            auto text = written(value, where);
            if (Language::stores_arrays && is_list(program_[value].where) && is_leaf(program_[value])) {
                const auto copy = variables_.add("copy");
                lines_of(last, program_[value].where).push_back({value, copy, Language::copy(variable(value))});
                text = copy;
            }
            stores.push_back({kind, state, where, value, text});
        };
        add(op::param, 0, domain::element, program_.update);
        if (program_.gradient >= 0) add(op::grad, 0, domain::element, program_.gradient);
        for (std::size_t i = 0; i < program_.states.size(); ++i)
            if (const auto& s = program_.states[i]; s.role != state_role::hyperparameter) add(op::previous, i, s.where, s.next);
    }
};

}  // namespace furl::detail
