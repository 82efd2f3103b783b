#pragma once

#include <furl/program/program.hpp>

namespace FURL_NAMESPACE {

/// States that start from an expression read it in the first step: s_{t-1} becomes select(t == 1, initial, s_{t-1}).
/// A state that starts from a number is filled with it instead, and costs nothing here.
template <std::size_t Capacity>
constexpr program<Capacity> initialize(const program<Capacity>& in) {
    // The table of the new program has no initial values until it is complete: take them from the old one, moved.
    static_vector<std::int16_t, Capacity> now;
    return rewrite(in, [&](program<Capacity>& out, const instruction& x, std::int16_t) {
        auto result = out.emit(x);
        if (x.code == op::previous)
            for (const auto& s : in.states)
                if (s.name == x.name && in[s.initial].code != op::constant)
                    result = out.emit(op::select, out.emit(op::equal, out.emit(op::step, -1), out.emit(1.0)),
                                      now[static_cast<std::size_t>(s.initial)], result);
        now.push_back(result);
        return result;
    });
}

}  // namespace furl
