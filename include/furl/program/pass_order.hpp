#pragma once

#include <furl/program/program.hpp>

namespace FURL_NAMESPACE {

/// The order of a step: which values belong to which pass over memory.
///
/// A reduction over values of pass p is known after it, so values that depend on the reduction belong to pass p + 1. All passes
/// but the last only read. A value that several passes need is computed again in each, which costs less than storing it.
template <std::size_t Capacity>
struct pass_order {
    using list = static_vector<std::int16_t, Capacity>;  ///< a list of instructions

    std::size_t passes = 1;          ///< the number of passes over memory
    std::int16_t level[Capacity]{};  ///< the first pass in which a value can be used
    list elements[max_passes];       ///< values computed for each element, leaves included
    list uniforms[max_passes];       ///< values of step and tensor that they read
    list reductions;                 ///< all reductions, by pass
    list scalars;                    ///< values of step and tensor, in order
};

/// Finds the passes of a program.
template <std::size_t Capacity>
constexpr pass_order<Capacity> order_passes(const program<Capacity>& p) {
    pass_order<Capacity> s;
    const auto size = static_cast<std::int16_t>(p.code.size());

    for (std::int16_t i = 0; i < size; ++i) {
        const auto& x = p[i];
        for (auto operand : x.operands)
            if (operand >= 0) s.level[i] = std::max(s.level[i], s.level[operand]);
        if (is_reduction(x.code)) ++s.level[i];
        s.passes = std::max(s.passes, static_cast<std::size_t>(s.level[i]) + 1);
        if (!p.is_element(i)) s.scalars.push_back(i);
    }
    for (std::size_t pass = 1; pass < s.passes; ++pass)
        for (std::int16_t i = 0; i < size; ++i)
            if (is_reduction(p[i].code) && s.level[i] == static_cast<std::int16_t>(pass)) s.reductions.push_back(i);

    for (std::size_t pass = 0; pass < s.passes; ++pass) {
        bool needed[Capacity]{};
        if (pass + 1 == s.passes) {
            needed[p.update] = true;
            if (p.gradient >= 0) needed[p.gradient] = true;
            for (const auto& state : p.states) needed[state.next] = needed[state.next] || state.where == domain::element;
        } else {
            for (auto r : s.reductions)
                if (s.level[r] == static_cast<std::int16_t>(pass) + 1) needed[p[r].operands[0]] = true;
        }
        for (std::int16_t i = static_cast<std::int16_t>(size - 1); i >= 0; --i)
            if (needed[i] && p.is_element(i) && p[i].code != op::random)  // the operands of random() make its key
                for (auto operand : p[i].operands)
                    if (operand >= 0) needed[operand] = true;
        for (std::int16_t i = 0; i < size; ++i)
            if (needed[i]) (p.is_element(i) ? s.elements : s.uniforms)[pass].push_back(i);
    }
    return s;
}

}  // namespace furl
