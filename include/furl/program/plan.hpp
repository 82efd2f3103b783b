#pragma once

#include <furl/base/policy.hpp>
#include <furl/program/contract.hpp>
#include <furl/program/dead_code.hpp>
#include <furl/program/expand.hpp>
#include <furl/program/initialize.hpp>
#include <furl/program/lower.hpp>
#include <furl/program/merge_factors.hpp>
#include <furl/program/pass_order.hpp>
#include <furl/program/reciprocals.hpp>
#include <furl/program/split_lines.hpp>

namespace FURL_NAMESPACE {

/// Numerics policies say how closely the loop follows the rule as written.

/// Allows contraction to fma, reciprocals and merging of per-step factors. This is the default.
struct contracted {
    static constexpr policy_kind policy = policy_kind::numerics;  ///< the kind of policy it is

    /// Returns the program that the loop runs in the place of an expanded one. Runs the passes in their order.
    ///
    /// @param expanded  the program before them.
    /// @param visit     called after each pass: visit(its name, what it does, the program).
    template <std::size_t Capacity, class Visit>
    static constexpr program<Capacity> optimize(const program<Capacity>& expanded, const Visit& visit) {
        const auto reciprocal = reciprocals(expanded);
        visit("reciprocals", "division by one value for all becomes multiplication", reciprocal);
        if (!reciprocal.has_lines()) return merge(reciprocal, visit);
        const auto split = split_lines(reciprocal);
        visit("split", "a root or a divisor of a row's value times a column's becomes one for each", split);
        return merge(split, visit);
    }

  private:
    template <std::size_t Capacity, class Visit>
    static constexpr program<Capacity> merge(const program<Capacity>& split, const Visit& visit) {
        const auto merged = merge_factors(split);
        visit("merged", "factors that are the same for all elements become one factor", merged);
        const auto fused = contract(merged);
        visit("contracted", "a product that is only added becomes a fused multiply-add", fused);
        const auto ready = drop_dead_code(fused);
        visit("ready", "what nothing needs any more is dropped", ready);
        return ready;
    }
};

/// Does each operation as written and rounds each: + - * / and sqrt give the same bits on every instruction set.
struct strict {
    static constexpr policy_kind policy = policy_kind::numerics;  ///< the kind of policy it is

    /// Returns the program unchanged.
    template <std::size_t Capacity, class Visit>
    static constexpr program<Capacity> optimize(const program<Capacity>& expanded, const Visit&) {
        return expanded;
    }
};

/// The stages of a rule on its way to a loop. Each is a constant that is computed at compile time.
template <class Rule>
struct stages {
    static constexpr std::size_t capacity =
        2 * graph_of<Rule>.nodes.size() + 24;  ///< instructions that a stage can hold

    /// The rule as written.
    static constexpr auto written = lower<capacity>(graph_of<Rule>);
    /// The rule in the operations that executors know.
    static constexpr auto expanded = [] {
        if constexpr (written.error != mistake::none) return written;
        else return drop_dead_code(expand(initialize(written)));
    }();
};

/// A stream of memory that a step reads or writes: param, grad, the inputs, then the states of one value per parameter.
struct stream_entry {
    op kind;                  ///< param, grad, input or previous
    std::string_view name;    ///< the name of the input or state, or "param" or "grad"
    std::int16_t slot = -1;   ///< its place in the program's table of inputs or states
    std::int16_t load = -1;   ///< the instruction that reads it; -1 if none does
    std::int16_t store = -1;  ///< the value written to it in the last pass; -1 if none is
};

/// A rule, ready to run: its program, the order of its passes, and its streams.
template <class Rule, class Numerics>
struct plan {
    using rule = Rule;          ///< the rule of this plan
    using numerics = Numerics;  ///< how closely the loop follows it

    /// The program that runs.
    static constexpr auto program = Numerics::optimize(stages<Rule>::expanded, [](auto&&...) {});
    /// When its values are known, and the order of its passes.
    static constexpr auto levels = find_levels(program);
    static constexpr auto order = order_passes<levels.passes>(program, levels);
    static constexpr std::size_t size = program.code.size();      ///< the number of instructions
    static constexpr std::size_t inputs = program.inputs.size();  ///< the number of input streams

  private:
    using list_of_lines = static_vector<std::int16_t, program.has_lines() ? size : 1>;

    static constexpr list_of_lines reductions_of(domain where) {
        list_of_lines result;
        for (auto r : order.reductions)
            if (program[r].where == where && program.reads_elements(program[r])) result.push_back(r);
        return result;
    }

  public:
    /// The streams, in the order of stream_entry.
    static constexpr auto streams = [] {
        static_vector<stream_entry, max_streams> result;
        result.push_back({op::param, "param", -1, -1, program.update});
        result.push_back({op::grad, "grad", -1, -1, program.gradient});
        std::int16_t slot = 0;
        for (auto name : program.inputs) result.push_back({op::input, name, slot++});
        slot = 0;
        for (const auto& s : program.states) {
            if (s.where == domain::element) result.push_back({op::previous, s.name, slot, -1, s.next});
            ++slot;
        }
        for (auto& stream : result)
            for (std::size_t i = 0; i < size; ++i)
                if (const auto& x = program.code[i]; x.code == stream.kind && x.slot == stream.slot) stream.load = static_cast<std::int16_t>(i);
        return result;
    }();

    /// The instructions that draw random numbers.
    static constexpr auto random_streams = [] {
        static_vector<std::int16_t, max_random_streams> result;
        for (std::size_t i = 0; i < size; ++i)
            if (program.code[i].code == op::random) result.push_back(static_cast<std::int16_t>(i));
        return result;
    }();

    /// Whether there are values of rows or columns, so that line_pass runs the walks; and whether any value depends on the shape.
    static constexpr bool has_lines = program.has_lines();
    static constexpr bool has_shape = program.has_shape();

    /// Whether functions of whole matrices run between the walks.
    static constexpr bool has_matrices = !order.matrices.empty();

    /// The reason for which rows cannot step one without the others, in words. It is empty if they can: no value depends on other
    /// rows, and no state starts in the tensor's first step.
    static constexpr std::string_view joins_rows = []() -> std::string_view {
        for (auto r : order.reductions)
            switch (program[r].where) {
                case domain::row: break;
                case domain::column: return "a reduction over columns";
                case domain::tensor: return "a reduction over the tensor";
                default: return "a reduction over all tensors";
            }
        if (has_matrices) return "a function of matrices";
        constexpr const auto& written = stages<Rule>::written;
        for (const auto& s : written.states) {
            const bool differs_by_row = join(s.where, domain::row) == s.where;
            if (s.starts >= 0 && differs_by_row && !is_within(domain::row, written[s.starts].where))
                return "a state that starts in the first step of the tensor";
        }
        return {};
    }();
    static constexpr bool steps_by_rows = joins_rows.empty();

    /// The column values that passes read for each element.
    static constexpr auto column_values = [] {
        list_of_lines result;
        for (std::size_t i = 0; i < size && has_lines; ++i) {
            bool is_read = false;
            for (std::size_t pass = 0; pass < order.passes; ++pass)
                for (auto k : order.elements[pass]) is_read = is_read || k == static_cast<std::int16_t>(i);
            if (is_read && program.code[i].where == domain::column) result.push_back(static_cast<std::int16_t>(i));
        }
        return result;
    }();

    /// The instructions that reduce elements over rows, and over columns.
    static constexpr auto row_reductions = reductions_of(domain::row);
    static constexpr auto column_reductions = reductions_of(domain::column);

    /// The place of an instruction in such a list, which must have it.
    static constexpr std::size_t place_in(const auto& list, std::int16_t instruction) {
        std::size_t k = 0;
        while (list[k] != instruction) ++k;
        return k;
    }

    /// The stream that an instruction reads.
    static constexpr std::size_t stream_of(std::int16_t instruction) {
        std::size_t i = 0;
        while (streams[i].load != instruction) ++i;
        return i;
    }

    /// The first stream that holds a state.
    static constexpr std::size_t first_state = 2 + inputs;

    /// Whether a pass reads a stream.
    static constexpr bool reads(std::size_t pass, std::size_t stream) {
        for (auto i : order.elements[pass])
            if (i == streams[stream].load) return true;
        return false;
    }

    /// Whether any pass of a walk computes or loads this value of each element.
    static constexpr bool walk_computes(std::size_t walk, std::int16_t value) {
        for (auto pass = order.first[walk]; pass < order.first[walk + 1]; ++pass)
            for (auto i : order.elements[pass])
                if (i == value) return true;
        return false;
    }

    /// Whether a walk reads a stream. It reads each row from memory once, however many passes it has.
    static constexpr bool walk_reads(std::size_t walk, std::size_t stream) {
        return streams[stream].load >= 0 && walk_computes(walk, streams[stream].load);
    }

    /// The walks that go over memory. The others compute only values of rows and columns.
    static constexpr auto walks_over_memory = [] {
        static_vector<std::size_t, max_passes> result;
        for (std::size_t walk = 0; walk < order.walks; ++walk) {
            bool goes_over_it = walk + 1 == order.walks;
            for (auto r : order.reductions)
                goes_over_it = goes_over_it || (program.reads_elements(program[r]) &&
                                                order.walk_of(static_cast<std::size_t>(order.level[program[r].operands[0]])) == walk);
            for (auto m : order.matrices)
                goes_over_it = goes_over_it || order.walk_of(static_cast<std::size_t>(order.level[program[m].operands[0]])) == walk;
            if (goes_over_it) result.push_back(walk);
        }
        return result;
    }();
};

/// The per-step values that the rule names by let. A step can report them at no cost.
template <class Plan>
inline constexpr auto step_values = [] {
    static_vector<name_entry, Plan::program.names.size()> list;
    for (const auto& n : Plan::program.names)
        if (n.kind == op::let && Plan::program[n.value].where == domain::step && !info(Plan::program[n.value].code).is_condition)
            list.push_back(n);
    return list;
}();

namespace detail {

// Whether the rule reads the number of elements of all tensors.
template <class Plan>
inline constexpr bool counts_all = [] {
    for (const auto& x : Plan::program.code)
        if (x.code == op::count && x.where == domain::step) return true;
    return false;
}();

}  // namespace detail

}  // namespace furl
