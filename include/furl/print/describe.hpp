#pragma once

#include <furl/print/rule_info.hpp>
#include <furl/print/type_name.hpp>
#include <furl/program/fingerprint.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>

namespace FURL_NAMESPACE {

namespace detail {

// Returns an array of the elements of the list that make() returns.
template <class Make>
constexpr auto in_array(Make make) {
    constexpr auto list = make();
    std::array<std::remove_cvref_t<decltype(list[0])>, list.size()> result{};
    std::copy(list.begin(), list.end(), result.begin());
    return result;
}

// The names of the wanted entries of a table.
template <class Entry, std::size_t N, class Wanted>
constexpr auto names_of(const static_vector<Entry, N>& from, Wanted wanted) {
    static_vector<std::string_view, N> list;
    for (const auto& x : from)
        if (wanted(x)) list.push_back(x.name);
    return list;
}

// Below are the tables that rule_info points to. They are variables of their own and no members of a class, because who uses one
// should not compute all of them. A stored plan has the tables of its plan_of.
template <class Plan>
using plan_of = plan<typename Plan::rule, typename Plan::numerics>;

template <class Plan>
inline constexpr auto hyperparameter_names = [] {
    std::array<std::string_view, Plan::program.hypers.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = Plan::program.hypers[i].name;
    return names;
}();

template <class Plan>
inline constexpr auto hyperparameter_defaults = [] {
    std::array<double, Plan::program.hypers.size()> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = Plan::program.hypers[i].default_value;
    return values;
}();

template <class Plan>
inline constexpr auto tensor_hyperparameter_names = in_array(
    [] { return names_of(Plan::program.states, [](const state_entry& s) { return s.role == state_role::hyperparameter; }); });

template <class Plan>
inline constexpr auto step_value_names = in_array([] { return names_of(step_values<Plan>, [](const name_entry&) { return true; }); });

// States of elements, rows and columns are stored as T, others as double. plan_info adds what formats change.
template <class Plan, class T>
inline constexpr auto state_infos = in_array([] {
    static_vector<state_info, max_states> list;
    for (const auto& s : Plan::program.states)
        list.push_back({s.name, s.where, s.where == domain::element || is_of_lines(s.where) ? element_type_of<T> : element_type::float64,
                        s.role, s.role == state_role::started ? std::optional(1.0) : std::nullopt});
    return list;
});

template <class Plan>
inline constexpr auto reduction_infos = [] {
    constexpr const auto& order = Plan::order;
    std::array<reduction_info, order.reductions.size()> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& r = Plan::program[order.reductions[i]];
        table[i] = {reduction_hashes<Plan>[i], order.walk_of(static_cast<std::size_t>(order.level[order.reductions[i]]) - 1),
                    r.where == domain::step, r.code == op::reduce_sum};
    }
    return table;
}();

template <class Plan>
inline constexpr bool reduces_all = std::ranges::any_of(reduction_infos<Plan>, &reduction_info::is_global);

template <class Plan, std::size_t Walk>
inline constexpr auto streams_read = in_array([] {
    static_vector<std::string_view, max_streams> list;
    for (std::size_t k = 0; k < Plan::streams.size(); ++k)
        if (Plan::walk_reads(Walk, k)) list.push_back(Plan::streams[k].name);
    for (auto m : Plan::order.matrices)
        if (Plan::walk_computes(Walk, m)) list.push_back(Plan::program[m].function->name);
    return list;
});

template <class Plan, std::size_t Walk>
inline constexpr auto streams_written = in_array([] {
    auto list = names_of(Plan::streams, [](const stream_entry& s) { return Walk + 1 == Plan::order.walks && s.store >= 0; });
    for (auto m : Plan::order.matrices)
        if (Plan::order.walk_of(static_cast<std::size_t>(Plan::order.level[Plan::program[m].operands[0]])) == Walk)
            list.push_back(Plan::program[m].function->operand_name);
    return list;
});

template <class Plan, std::size_t Walk>
inline constexpr bool goes_row_by_row = std::ranges::any_of(Plan::row_reductions, [](std::int16_t r) {
    return Plan::order.walk_of(static_cast<std::size_t>(Plan::order.level[r])) == Walk;
});

template <class Plan>
inline constexpr auto traffic = []<std::size_t... K>(std::index_sequence<K...>) {
    constexpr const auto& walks = Plan::walks_over_memory;
    return std::array{pass_info{streams_read<Plan, walks[K]>, streams_written<Plan, walks[K]>, goes_row_by_row<Plan, walks[K]>}...};
}(std::make_index_sequence<Plan::walks_over_memory.size()>{});

template <class Rule, class T, class Numerics>
inline constexpr rule_info description = [] {
    using plan = furl::plan<Rule, Numerics>;
    constexpr const auto& inputs = plan::program.inputs;
    constexpr const auto& step_inputs = plan::program.step_inputs;
    rule_info x;
    x.rule = type_name<Rule>();
    x.fingerprint = fingerprint<Rule>;
    x.hyperparameters = hyperparameter_names<plan>;
    x.defaults = hyperparameter_defaults<plan>;
    x.tensor_hyperparameters = tensor_hyperparameter_names<plan>;
    x.inputs = {inputs.begin(), inputs.size()};
    x.step_inputs = {step_inputs.begin(), step_inputs.size()};
    x.states = state_infos<plan, T>;
    x.values = step_value_names<plan>;
    x.reductions = reduction_infos<plan>;
    x.counts_all = counts_all<plan>;
    x.may_skip = plan::program.guard >= 0;
    x.writes_gradients = plan::program.gradient >= 0;
    x.reduces_all = reduces_all<plan>;
    x.joins_rows = plan::joins_rows;
    x.has_shape = plan::has_shape;
    x.draws_random_numbers = !plan::random_streams.empty();
    x.passes = plan::order.walks;
    x.traffic = traffic<plan>;
    x.cost = cost<Rule, T, Numerics>;
    x.bytes_per_parameter = static_cast<std::size_t>(x.cost.bytes_per_parameter);
    x.values_as_written = stages<Rule>::written.code.size();
    x.values_as_run = plan::size;
    return x;
}();

}  // namespace detail

/// The facts of a rule, as data: its name, hyperparameters with their defaults, inputs, states, named values, reductions, passes,
/// cost and fingerprint. explain, the pages of the zoo and checkpoints read them here.
///
/// `for (auto name : furl::describe<my_rule>().hyperparameters) std::cout << name << '\n';`
///
/// @tparam T  the type that parameters and states are stored in.
/// @returns   a constant. The states are in the order of their first use.
template <class Rule, class T = float, class Numerics = contracted>
    requires well_formed<Rule, T>
constexpr const rule_info& describe() {
    return detail::description<Rule, T, Numerics>;
}

/// For a rule that is not well formed: reports its error.
template <class Rule, class T = float, class Numerics = contracted>
constexpr rule_info describe() {
    [[maybe_unused]] constexpr diagnose<Rule, T> report{};
    return {};
}

}  // namespace furl
