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

// Puts the elements of a list, which make() returns, into an array of as many.
template <class Make>
constexpr auto in_array(Make make) {
    constexpr auto list = make();
    std::array<std::remove_cvref_t<decltype(list[0])>, list.size()> result{};
    std::copy(list.begin(), list.end(), result.begin());
    return result;
}

/// The tables that rule_info points to. Each is computed only where it is used, and once for all optimizers of a plan.
template <class Plan>
class rule_tables {
    static constexpr const auto& program = Plan::program;
    static constexpr const auto& order = Plan::order;

    // The names of those entries of a table that are wanted; of all, if nothing is said.
    template <class Entry, std::size_t N, class Wanted>
    static constexpr auto names_of(const static_vector<Entry, N>& from, Wanted wanted) {
        static_vector<std::string_view, N> list;
        for (const auto& x : from)
            if (wanted(x)) list.push_back(x.name);
        return list;
    }
    static constexpr auto names_of(const auto& from) {
        return names_of(from, [](const auto&) { return true; });
    }

    template <std::size_t Walk>
    static constexpr auto reads = in_array([] {
        static_vector<std::string_view, max_streams> list;
        for (std::size_t k = 0; k < Plan::streams.size(); ++k)
            if (Plan::walk_reads(Walk, k)) list.push_back(Plan::streams[k].name);
        return list;
    });
    template <std::size_t Walk>
    static constexpr auto writes = in_array([] {
        return names_of(Plan::streams, [](const stream_entry& s) { return Walk + 1 == order.walks && s.store >= 0; });
    });
    template <std::size_t Walk>
    static constexpr bool row_by_row = std::ranges::any_of(
        Plan::row_reductions, [](std::int16_t r) { return order.walk_of(static_cast<std::size_t>(order.level[r])) == Walk; });

    // How values are stored; those that several parameters share have no format.
    template <class T>
    static constexpr element_type type_of(domain where) {
        return where == domain::element || is_of_lines(where) ? element_type_of<T> : element_type::float64;
    }

  public:
    static constexpr auto hyperparameters = in_array([] { return names_of(program.hypers); });
    static constexpr auto defaults = in_array([] {
        static_vector<double, max_hyperparameters> list;
        for (const auto& h : program.hypers) list.push_back(h.default_value);
        return list;
    });
    static constexpr auto tensor_hyperparameters = in_array(
        [] { return names_of(program.states, [](const state_entry& s) { return s.role == state_role::hyperparameter; }); });
    static constexpr auto values = in_array([] { return names_of(step_values<Plan>); });

    template <class T>
    static constexpr auto states = in_array([] {
        static_vector<state_info, max_states> list;
        for (const auto& s : program.states)
            list.push_back({s.name, s.where, type_of<T>(s.where), s.role,
                            s.role == state_role::started ? std::optional(1.0) : std::nullopt});
        return list;
    });

    static constexpr auto reductions = [] {
        std::array<reduction_info, order.reductions.size()> table{};
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto r = order.reductions[i];
            table[i] = {reduction_hashes<Plan>[i], order.walk_of(static_cast<std::size_t>(order.level[r]) - 1), program[r].where == domain::step,
                        program[r].code == op::reduce_sum};
        }
        return table;
    }();
    static constexpr bool reduces_all = std::ranges::any_of(reductions, &reduction_info::is_global);
    static constexpr bool counts_all =
        std::ranges::any_of(program.code, [](const instruction& x) { return x.code == op::count && x.over == domain::step; });

    static constexpr auto traffic = []<std::size_t... K>(std::index_sequence<K...>) {
        constexpr const auto& walks = Plan::walks_over_memory;
        return std::array{pass_info{reads<walks[K]>, writes<walks[K]>, row_by_row<walks[K]>}...};
    }(std::make_index_sequence<Plan::walks_over_memory.size()>{});
};

// The tables of a plan, also of a stored one.
template <class Plan>
using tables_of = rule_tables<plan<typename Plan::rule, typename Plan::numerics>>;

template <class Rule, class T, class Numerics>
inline constexpr rule_info description = [] {
    using plan = furl::plan<Rule, Numerics>;
    using tables = rule_tables<plan>;
    constexpr const auto& inputs = plan::program.inputs;
    rule_info x;
    x.rule = type_name<Rule>();
    x.fingerprint = fingerprint<Rule>;
    x.hyperparameters = tables::hyperparameters;
    x.defaults = tables::defaults;
    x.tensor_hyperparameters = tables::tensor_hyperparameters;
    x.inputs = {inputs.begin(), inputs.size()};
    x.states = tables::template states<T>;
    x.values = tables::values;
    x.reductions = tables::reductions;
    x.counts_all = tables::counts_all;
    x.may_skip = plan::program.guard >= 0;
    x.writes_gradients = plan::program.gradient >= 0;
    x.reduces_all = tables::reduces_all;
    x.draws_random_numbers = !plan::random_streams.empty();
    x.passes = plan::order.walks;
    x.traffic = tables::traffic;
    x.cost = cost<Rule, T, Numerics>;
    x.bytes_per_parameter = static_cast<std::size_t>(x.cost.bytes_per_parameter);
    x.values_as_written = stages<Rule>::written.code.size();
    x.values_as_run = plan::size;
    return x;
}();

}  // namespace detail

/// The facts of a rule, as data: its name, hyperparameters with their defaults, inputs, states, named values, reductions, passes,
/// cost and fingerprint. Whatever tells them to people or keeps them in files reads them here.
///
/// `for (auto name : furl::describe<my_rule>().hyperparameters) std::cout << name << '\n';`
///
/// @tparam T  the type that parameters and states are stored in.
/// @returns   constants that are there as long as the program runs; the states are listed in the order of their first use.
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
