#pragma once

#include <furl/program/program.hpp>

#include <algorithm>

namespace FURL_NAMESPACE {

/// The passes and walks of a step, and when each value is known.
///
/// A reduction over a tensor or its columns, and a function of a whole matrix, need all of the tensor: they are known after a walk
/// over memory. A reduction over a row is known as soon as the row is read. The next pass over that row belongs to the same walk,
/// and runs while the row is in cache.
template <std::size_t Capacity>
struct pass_levels {
    std::int16_t level[Capacity]{};                   ///< the first pass in which a value can be used
    std::size_t passes = 1;                           ///< the number of passes
    std::size_t walks = 1;                            ///< the number of walks
    static_vector<std::size_t, max_passes + 1> first; ///< the first pass of each walk, and last the number of passes
    bool too_many = false;                            ///< whether there are more passes than max_passes
};

/// Finds the passes of a program, and in which of them each value is known.
template <std::size_t Capacity>
constexpr pass_levels<Capacity> find_levels(const program<Capacity>& p) {
    pass_levels<Capacity> found;
    std::int16_t walk[Capacity]{}, phase[Capacity]{};  // each value is known in this walk, in this pass of it
    std::int16_t phases[Capacity + 1]{};
    const auto size = static_cast<std::int16_t>(p.code.size());
    std::int16_t last = 0;
    for (std::int16_t i = 0; i < size; ++i) {
        const auto& x = p[i];
        for (auto operand : x.operands) {
            if (operand < 0 || walk[operand] < walk[i]) continue;
            phase[i] = walk[operand] > walk[i] ? phase[operand] : std::max(phase[i], phase[operand]);
            walk[i] = walk[operand];
        }
        if (p.reduces(x.code)) {
            if (x.where == domain::row && !p.reads_rows(x)) ++phase[i];
            else ++walk[i], phase[i] = 0;
        }
        if (x.code == op::matrix) ++walk[i], phase[i] = 0;
        phases[walk[i]] = std::max(phases[walk[i]], phase[i]);
        last = std::max(last, walk[i]);
    }
    std::int16_t before[Capacity + 1]{};
    std::int16_t passes = 0;
    found.walks = static_cast<std::size_t>(last) + 1;
    for (std::int16_t w = 0; w <= last; ++w) {
        before[w] = passes;
        if (!found.first.full()) found.first.push_back(static_cast<std::size_t>(passes));
        passes = static_cast<std::int16_t>(passes + phases[w] + 1);
    }
    found.passes = static_cast<std::size_t>(passes);
    found.too_many = found.passes > max_passes;
    if (!found.too_many) found.first.push_back(found.passes);
    for (std::int16_t i = 0; i < size; ++i) found.level[i] = static_cast<std::int16_t>(before[walk[i]] + phase[i]);
    return found;
}

/// The order of a step: which values belong to which pass.
///
/// Passes before the last write no stream. A value that several passes need is computed again in each of them, because that costs
/// less than to store it.
template <std::size_t Capacity, std::size_t Passes>
struct pass_order : pass_levels<Capacity> {
    using list = static_vector<std::int16_t, Capacity>;  ///< a list of instructions

    list elements[Passes];  ///< values of each element that the pass computes, and the leaves and column values that they read
    list uniforms[Passes];  ///< values of step, tensor and row that the elements read
    list rows[Passes];      ///< values of each row, computed before the pass
    list columns[Passes];   ///< values of each column, computed before the first pass of a walk
    list reductions;            ///< all reductions, by pass
    list matrices;              ///< all functions of matrices, by pass
    list scalars;               ///< all values of step and tensor, in the order of the program

    /// The number of the walk that a pass belongs to.
    constexpr std::size_t walk_of(std::size_t pass) const {
        std::size_t walk = 0;
        while (this->first[walk + 1] <= pass) ++walk;
        return walk;
    }

    /// Whether a pass is the last of its walk.
    constexpr bool ends_walk(std::size_t pass) const { return pass + 1 == this->first[walk_of(pass) + 1]; }
};

namespace detail {

template <std::size_t Capacity, std::size_t Passes>
struct ordering {
    const program<Capacity>& p;
    pass_order<Capacity, Passes> s{};

    constexpr std::int16_t size() const { return static_cast<std::int16_t>(p.code.size()); }
    constexpr bool is_last(std::size_t pass) const { return pass + 1 == s.passes; }

    // The pass that computes the operand of a reduction or of a function of matrices.
    constexpr std::size_t made_in(std::int16_t reduction) const {
        return static_cast<std::size_t>(s.level[p[reduction].operands[0]]);
    }

    // Marks the operands of all marked values of one domain, and the operands of these. It stops at random numbers, whose seed is
    // needed only for their key, and at reductions and functions of matrices, which are known before the pass.
    constexpr void mark_operands(bool (&needed)[Capacity], domain where) const {
        for (auto i = static_cast<std::int16_t>(size() - 1); i >= 0; --i)
            if (needed[i] && p[i].where == where && p[i].code != op::random && p[i].code != op::matrix && !p.reduces(p[i].code))
                for (auto operand : p[i].operands)
                    if (operand >= 0) needed[operand] = true;
    }

    constexpr void find_elements(std::size_t pass) {
        bool needed[Capacity]{};
        if (is_last(pass)) {
            needed[p.update] = true;
            if (p.gradient >= 0) needed[p.gradient] = true;
            for (const auto& state : p.states) needed[state.next] = needed[state.next] || state.where == domain::element;
        }
        for (auto r : s.reductions)
            if (made_in(r) == pass && p.reads_elements(p[r])) needed[p[r].operands[0]] = true;
        for (auto m : s.matrices)
            if (made_in(m) == pass) needed[p[m].operands[0]] = true;
        mark_operands(needed, domain::element);
        for (std::int16_t i = 0; i < size(); ++i) {
            if (!needed[i]) continue;
            const bool is_loaded = p.is_element(i) || p[i].where == domain::column;
            (is_loaded ? s.elements : s.uniforms)[pass].push_back(i);
        }
    }

    // Finds the values of rows or columns that are needed for elements, for new states and for reductions of such values. A pass
    // has its own list of rows; the passes of a walk, from `pass` to `end`, have one list of columns.
    constexpr void find_lines(domain where, std::size_t pass, std::size_t end, typename pass_order<Capacity, Passes>::list& list) {
        bool needed[Capacity]{};
        for (auto now = pass; now < end; ++now) {
            for (auto i : where == domain::row ? s.uniforms[now] : s.elements[now]) needed[i] = needed[i] || p[i].where == where;
            for (auto r : s.reductions) {
                const auto x = p[r].operands[0];
                if (p[x].where == where && s.level[r] == static_cast<std::int16_t>(now) + 1) needed[x] = true;
            }
            if (is_last(now))
                for (const auto& state : p.states) needed[state.next] = needed[state.next] || state.where == where;
        }
        mark_operands(needed, where);
        for (std::int16_t i = 0; i < size(); ++i)
            if (needed[i] && p[i].where == where) list.push_back(i);
    }

    constexpr pass_order<Capacity, Passes> run(const pass_levels<Capacity>& levels) {
        static_cast<pass_levels<Capacity>&>(s) = levels;
        for (std::int16_t i = 0; i < size(); ++i)
            if (is_within(p[i].where, domain::tensor)) s.scalars.push_back(i);
        for (std::size_t pass = 1; pass < s.passes; ++pass)
            for (std::int16_t i = 0; i < size(); ++i)
                if (s.level[i] == static_cast<std::int16_t>(pass)) {
                    if (is_reduction(p[i].code)) s.reductions.push_back(i);
                    if (p[i].code == op::matrix) s.matrices.push_back(i);
                }
        for (std::size_t pass = 0; pass < s.passes; ++pass) find_elements(pass);
        if (!p.has_lines()) return s;
        for (std::size_t pass = 0; pass < s.passes; ++pass) find_lines(domain::row, pass, pass + 1, s.rows[pass]);
        for (std::size_t walk = 0; walk < s.walks; ++walk)
            find_lines(domain::column, s.first[walk], s.first[walk + 1], s.columns[s.first[walk]]);
        return s;
    }
};

}  // namespace detail

/// Puts the values of a program into the order of its passes.
///
/// @tparam Passes  the number of passes, levels.passes.
template <std::size_t Passes, std::size_t Capacity>
constexpr pass_order<Capacity, Passes> order_passes(const program<Capacity>& p, const pass_levels<Capacity>& levels) {
    return detail::ordering<Capacity, Passes>{p}.run(levels);
}

}  // namespace furl
