#pragma once

#include <furl/program/program.hpp>

#include <array>

namespace FURL_NAMESPACE {

namespace detail {

// A rule has one of these states for each condition under which its states start: usually one.
inline constexpr std::array<std::string_view, 8> started_names{"furl.started",   "furl.started.2", "furl.started.3", "furl.started.4",
                                                               "furl.started.5", "furl.started.6", "furl.started.7", "furl.started.8"};

}  // namespace detail

/// Makes states of the other values that are kept from step to step: whether a tensor had its first step, and the
/// hyperparameters of tensors.
///
/// `first_step` becomes `previous(started) == 0`; the state `started` becomes 1 in the first step that counts. A state that
/// starts from an expression reads it in that step: s_{t-1} becomes select(first_step, initial, s_{t-1}). A state that starts
/// from a number is filled with it beforehand, and costs nothing here.
template <std::size_t Capacity>
constexpr program<Capacity> initialize(const program<Capacity>& in) {
    auto extended = in;
    static_vector<std::int16_t, Capacity> first_steps;  // the first_step at each place has the flag of that place
    const auto first_flag = in.states.size();
    for (std::int16_t i = 0; i < static_cast<std::int16_t>(in.code.size()); ++i) {
        if (in[i].code != op::first_step) continue;
        if (first_steps.size() == detail::started_names.size() || extended.states.full()) {
            extended.fail(mistake::too_large);
            return extended;
        }
        state_entry flag{detail::started_names[first_steps.size()], in[i].where};
        flag.role = state_role::started;
        extended.states.push_back(flag);
        first_steps.push_back(i);
    }

    const auto read = [](program<Capacity>& out, std::string_view name) {
        return out.emit(instruction{{op::previous, {-1, -1, -1}, 0, name}});
    };
    const auto flag_of = [&](std::int16_t i) {
        std::size_t k = 0;
        while (first_steps[k] != i) ++k;
        return k;
    };
    const auto is_first = [&](program<Capacity>& out, std::int16_t i) {
        return out.emit(op::equal, read(out, extended.states[first_flag + flag_of(i)].name), out.emit(0.0));
    };

    // The table of the new program has no initial values until it is complete, so they come from the old table, with their new
    // indices.
    static_vector<std::int16_t, Capacity> now;
    static_vector<std::int16_t, Capacity> counts;  // for each flag, the condition of the steps that count, with its new index
    auto out = rewrite(extended, [&](program<Capacity>& p, const instruction& x, std::int16_t i) {
        std::int16_t result = -1;
        if (x.code == op::first_step) {
            result = is_first(p, i);
            counts.push_back(x.operands[0]);
        } else if (x.code == op::tensor_hyper) {
            result = read(p, x.name);
        } else {
            result = p.emit(x);
            if (x.code == op::previous)
                if (const auto& s = in.state_of(x); s.starts >= 0)
                    result = p.emit(op::select, is_first(p, s.starts), now[static_cast<std::size_t>(s.initial)], result);
        }
        now.push_back(result);
        return result;
    });
    for (std::size_t k = 0; k < first_steps.size(); ++k) {
        auto& flag = out.states[first_flag + k];
        flag.initial = out.emit(0.0);
        const auto one = out.emit(1.0);
        flag.next = counts[k] < 0 ? one : out.emit(op::select, counts[k], one, read(out, flag.name));
    }
    for (auto& s : out.states) s.starts = -1;
    return out;
}

}  // namespace furl
