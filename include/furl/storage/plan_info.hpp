#pragma once

#include <furl/execute/step.hpp>
#include <furl/print/type_name.hpp>
#include <furl/program/cost.hpp>
#include <furl/program/fingerprint.hpp>
#include <furl/storage/hyperparameters.hpp>
#include <furl/storage/state_table.hpp>

namespace furl {

/// What a plan has, as tables without its type: what an optimizer of T tells of itself.
template <class Plan, class T, class Numerics>
class plan_info {
    static constexpr const auto& program = Plan::program;
    static constexpr const auto& order = Plan::order;

    static constexpr auto states = [] {
        std::array<state_info, program.states.size()> table{};
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto& s = program.states[i];
            table[i] = {s.name, s.when, s.when == rate::per_element ? element_type_of<T> : element_type::float64};
        }
        return table;
    }();

    static constexpr auto reductions = [] {
        std::array<reduction_info, order.reductions.size()> table{};
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto r = order.reductions[i];
            const auto code = program[r].code;
            table[i] = {detail::reduction_hashes<Plan>[i], static_cast<std::size_t>(order.level[r]) - 1, is_global(code),
                        tensor_form(code) == op::reduce_sum};
        }
        return table;
    }();

    static constexpr bool counts_all = [] {
        for (const auto& x : program.code)
            if (x.code == op::global_count) return true;
        return false;
    }();

  public:
    /// The names of the values of one per step.
    static constexpr auto values = [] {
        std::array<std::string_view, step_values<Plan>.size()> names{};
        for (std::size_t i = 0; i < names.size(); ++i) names[i] = step_values<Plan>[i].name;
        return names;
    }();

    /// Whether there is a reduction over all tensors.
    static constexpr bool reduces_all = [] {
        for (const auto& r : reductions)
            if (r.is_global) return true;
        return false;
    }();

    /// The stream of a state of element rate, by its place in the table of states, from 0.
    static constexpr std::size_t stream_of_state(std::size_t state) {
        std::size_t stream = 0;
        for (std::size_t i = 0; i < state; ++i) stream += program.states[i].when == rate::per_element;
        return stream;
    }

    static constexpr rule_info info{
        type_name<typename Plan::rule>(),
        fingerprint<typename Plan::rule>,
        hyperparameter_values<Plan>::names,
        {program.inputs.begin(), program.inputs.size()},
        states,
        values,
        reductions,
        counts_all,
        order.passes,
        static_cast<std::size_t>(cost<typename Plan::rule, T, Numerics>.bytes_per_parameter),
    };
};

}  // namespace furl
