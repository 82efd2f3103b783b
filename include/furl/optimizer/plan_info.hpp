#pragma once

#include <furl/execute/step.hpp>
#include <furl/optimizer/hyperparameters.hpp>
#include <furl/optimizer/state_table.hpp>
#include <furl/print/type_name.hpp>
#include <furl/program/fingerprint.hpp>

#include <algorithm>
#include <array>

namespace FURL_NAMESPACE {

/// Tables that describe a plan without its type, for users of an optimizer who do not know the type.
template <class Plan>
class plan_info {
    static constexpr const auto& program = Plan::program;
    static constexpr const auto& order = Plan::order;

    static constexpr std::size_t companions = Plan::buffers.size() - Plan::stream_count;

    // Returns the number of the state that a stream holds; for parameters a number before all states.
    static constexpr int state_of_stream(std::size_t stream) {
        std::size_t now = Plan::first_state;
        for (std::size_t i = 0; i < program.states.size(); ++i)
            if (program.states[i].where == domain::element && now++ == stream) return static_cast<int>(i);
        return state_info::parameters;
    }

    // The name of the companion of a stream, such as "v.scale".
    template <std::size_t Companion>
    static constexpr auto companion_text = [] {
        constexpr auto stream = Plan::buffers[Plan::stream_count + Companion].stream;
        constexpr auto of = Plan::streams[stream].name, kind = Plan::template format<stream>::companion_name;
        std::array<char, of.size() + 1 + kind.size()> text{};
        std::ranges::copy(of, text.begin());
        text[of.size()] = '.';
        std::ranges::copy(kind, text.begin() + of.size() + 1);
        return text;
    }();

    // How values that several parameters share are stored.
    static constexpr element_type type_of_shared(domain where) {
        return detail::is_of_lines(where) ? element_type_of<typename Plan::value_type> : element_type::float64;
    }

    static constexpr auto states = []<std::size_t... K, std::size_t... Companion>(std::index_sequence<K...>,
                                                                              std::index_sequence<Companion...>) {
        constexpr std::array<element_type, sizeof...(K)> types{element_type_of<typename Plan::template format<K>::element>...};
        std::array<state_info, program.states.size() + companions> table{};
        std::size_t i = 0, stream = Plan::first_state;
        for (const auto& s : program.states)
            table[i++] = {s.name, s.where, s.where == domain::element ? types[stream++] : type_of_shared(s.where), s.role,
                          s.role == state_role::started ? std::optional(1.0) : std::nullopt};
        ((table[i++] = {{companion_text<Companion>.data(), companion_text<Companion>.size()},
                        domain::element,
                        element_type_of<typename Plan::template format<Plan::buffers[Plan::stream_count + Companion].stream>::companion>,
                        state_role::of_rule,
                        {},
                        state_of_stream(Plan::buffers[Plan::stream_count + Companion].stream)}),
         ...);
        return table;
    }(std::make_index_sequence<Plan::stream_count>{}, std::make_index_sequence<companions>{});

    static constexpr auto reductions = [] {
        std::array<reduction_info, order.reductions.size()> table{};
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto r = order.reductions[i];
            table[i] = {detail::reduction_hashes<Plan>[i], order.walk_of(static_cast<std::size_t>(order.level[r]) - 1), program[r].where == domain::step,
                        program[r].code == op::reduce_sum};
        }
        return table;
    }();

    static constexpr bool counts_all = [] {
        for (const auto& x : program.code)
            if (x.code == op::count && x.over == domain::step) return true;
        return false;
    }();

  public:
    /// The names of the hyperparameters that have a value for each tensor.
    static constexpr auto tensor_hyperparameters = [] {
        constexpr auto is_one = [](const state_entry& s) { return s.role == state_role::hyperparameter; };
        std::array<std::string_view, static_cast<std::size_t>(std::ranges::count_if(program.states, is_one))> names{};
        std::size_t i = 0;
        for (const auto& s : program.states)
            if (is_one(s)) names[i++] = s.name;
        return names;
    }();

    /// The names of the per-step values.
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

    /// Returns the buffer of a state of one value per parameter, or of a companion, by its number in the table of states.
    static constexpr std::size_t buffer_of_state(std::size_t state) {
        if (state >= program.states.size()) return Plan::stream_count + state - program.states.size();
        std::size_t stream = Plan::first_state;
        for (std::size_t i = 0; i < state; ++i) stream += program.states[i].where == domain::element;
        return stream;
    }

    static constexpr rule_info info{
        type_name<typename Plan::rule>(),
        fingerprint<typename Plan::rule>,
        hyperparameter_values<Plan>::names,
        tensor_hyperparameters,
        {program.inputs.begin(), program.inputs.size()},
        states,
        values,
        reductions,
        counts_all,
        program.guard >= 0,
        program.gradient >= 0,
        order.walks,
        Plan::bytes_per_parameter,
    };
};

}  // namespace furl
