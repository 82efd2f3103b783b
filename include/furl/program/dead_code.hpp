#pragma once

#include <furl/program/program.hpp>

namespace FURL_NAMESPACE {

/// Drops the values that neither the update nor a state needs, and the names of dropped values.
template <std::size_t Capacity>
constexpr program<Capacity> drop_dead_code(const program<Capacity>& in) {
    bool live[Capacity]{};
    live[in.update] = true;
    if (in.guard >= 0) live[in.guard] = true;
    if (in.gradient >= 0) live[in.gradient] = true;
    for (const auto& s : in.states) live[s.next] = live[s.initial] = true;
    for (std::size_t i = in.code.size(); i-- > 0;)
        if (live[i])
            for (auto operand : in.code[i].operands)
                if (operand >= 0) live[operand] = true;

    auto out = rewrite(in, [&](program<Capacity>& p, const instruction& x, std::int16_t i) {
        return live[i] ? p.emit(x) : std::int16_t{-1};
    });
    const auto all = out.names;
    out.names = {};
    for (const auto& n : all)
        if (n.value >= 0) out.names.push_back(n);
    return out;
}

}  // namespace furl
