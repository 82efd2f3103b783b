#pragma once

#include <furl/formats/stored_plan.hpp>
#include <furl/print/describe.hpp>

#include <algorithm>
#include <array>

namespace FURL_NAMESPACE {

/// The facts of a rule together with how its states are stored, for users of an optimizer who do not know its type.
template <class Plan>
class plan_info {
    static constexpr const auto& program = Plan::program;
    static constexpr const rule_info& described = describe<typename Plan::rule, typename Plan::value_type, typename Plan::numerics>();

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

    // The states of the rule, with the types that they are stored in, and behind them the companions.
    static constexpr auto stored_states = []<std::size_t... K, std::size_t... Companion>(std::index_sequence<K...>,
                                                                              std::index_sequence<Companion...>) {
        constexpr std::array<element_type, sizeof...(K)> types{element_type_of<typename Plan::template format<K>::element>...};
        std::array<state_info, program.states.size() + companions> table{};
        std::size_t i = 0, stream = Plan::first_state;
        for (const auto& s : described.states) {
            table[i] = s;
            if (s.where == domain::element) table[i].type = types[stream++];
            ++i;
        }
        ((table[i++] = {{companion_text<Companion>.data(), companion_text<Companion>.size()},
                        domain::element,
                        element_type_of<typename Plan::template format<Plan::buffers[Plan::stream_count + Companion].stream>::companion>,
                        state_role::of_rule,
                        {},
                        state_of_stream(Plan::buffers[Plan::stream_count + Companion].stream)}),
         ...);
        return table;
    }(std::make_index_sequence<Plan::stream_count>{}, std::make_index_sequence<companions>{});

  public:
    /// Returns the buffer of a state of one value per parameter, or of a companion, by its number in the table of states.
    static constexpr std::size_t buffer_of_state(std::size_t state) {
        if (state >= program.states.size()) return Plan::stream_count + state - program.states.size();
        std::size_t stream = Plan::first_state;
        for (std::size_t i = 0; i < state; ++i) stream += program.states[i].where == domain::element;
        return stream;
    }

    /// What furl::describe returns, with the types that the states are stored in.
    static constexpr rule_info info = [] {
        auto x = described;
        x.states = stored_states;
        x.bytes_per_parameter = Plan::bytes_per_parameter;
        x.cost.bytes_per_parameter = static_cast<int>(Plan::bytes_per_parameter);
        return x;
    }();
};

}  // namespace furl
