#pragma once

#include <furl/execute/kernel.hpp>
#include <furl/execute/reduction_tree.hpp>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace FURL_NAMESPACE::detail {

/// What the compiler knows of the walks of line_pass: the reductions that each makes.
template <class Plan>
struct line_walks {
    static constexpr const auto& program = Plan::program;
    static constexpr const auto& order = Plan::order;
    static constexpr std::size_t reductions = order.reductions.size();

    /// The operand of a reduction.
    template <std::size_t R>
    static constexpr auto operand_of = program[program[order.reductions[R]].operands[0]];

    /// Whether a reduction leaves one value for a tensor, from its elements or rows.
    template <std::size_t R>
    static constexpr bool is_of_tensor =
        is_within(program[order.reductions[R]].where, domain::tensor) && operand_of<R>.where != domain::column;

    /// Makes a tree for each reduction of the plan.
    static auto make_trees() {
        return []<std::size_t... R>(std::index_sequence<R...>) {
            return std::tuple<pairwise_tree<combining<program[order.reductions[R]].code>>...>();
        }(std::make_index_sequence<reductions>{});
    }

    /// Calls visit<R>() for each reduction that is known after a walk.
    template <std::size_t Walk, class Visit>
    static void for_each_reduction(Visit visit) {
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (
                [&] {
                    if constexpr (order.level[order.reductions[R]] == static_cast<std::int16_t>(order.first[Walk + 1])) visit.template operator()<R>();
                }(),
                ...);
        }(std::make_index_sequence<reductions>{});
    }

    /// Calls visit<K, Pass>() for each reduction over columns of a walk, the K-th of the plan, which Pass makes.
    template <std::size_t Walk, class Visit>
    static void for_each_column_reduction(Visit visit) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (
                [&] {
                    constexpr auto r = Plan::column_reductions[K];
                    constexpr auto pass = static_cast<std::size_t>(order.level[program[r].operands[0]]);
                    if constexpr (order.level[r] == static_cast<std::int16_t>(order.first[Walk + 1])) visit.template operator()<K, pass>();
                }(),
                ...);
        }(std::make_index_sequence<Plan::column_reductions.size()>{});
    }

    /// Returns whether a pass goes over elements. Some do so although they read no stream: for the sum over all tensors of a value that
    /// each tensor has, for example.
    static constexpr bool is_over_elements(std::size_t pass) {
        for (auto r : order.reductions)
            if (program.reads_elements(program[r]) && order.level[program[r].operands[0]] == static_cast<std::int16_t>(pass)) return true;
        return !order.elements[pass].empty() || pass + 1 == order.passes;
    }

    /// Whether a walk does more than compute values of columns.
    template <std::size_t Walk>
    static constexpr bool has_work = [] {
        for (auto pass = order.first[Walk]; pass < order.first[Walk + 1]; ++pass)
            if (is_over_elements(pass) || !order.rows[pass].empty()) return true;
        return false;
    }();

    /// Calls visit<R>() for each reduction that a pass makes from elements, except those over columns.
    template <std::size_t Pass, class Visit>
    static void for_each_made(Visit visit) {
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (
                [&] {
                    constexpr auto x = program[order.reductions[R]];
                    if constexpr (program.reads_elements(x) && x.where != domain::column && order.level[x.operands[0]] == static_cast<std::int16_t>(Pass))
                        visit.template operator()<R>();
                }(),
                ...);
        }(std::make_index_sequence<reductions>{});
    }

    /// Calls visit<K>() for each value of rows that a pass reads.
    template <std::size_t Pass, class Visit>
    static FURL_INLINE void for_each_row_value(Visit visit) {
        [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
            (visit.template operator()<K>(), ...);
        }(std::make_index_sequence<row_uniforms<Plan, Pass>.size()>{});
    }

    /// Adds instruction I's value of n rows or columns to the trees of the reductions that read it.
    template <std::int16_t I, std::size_t Walk, class Trees, class V>
    static void push(Trees& trees, V value, std::size_t n) {
        for_each_reduction<Walk>([&]<std::size_t R>() {
            if constexpr (program[order.reductions[R]].operands[0] == I) {
                alignas(64) double values[arithmetic<V>::width];
                arithmetic<V>::store(values, value);
                for (std::size_t k = 0; k < n; ++k) std::get<R>(trees).push(values[k]);
            }
        });
    }

    /// Copies the values of step and tensor to all lanes.
    template <class V>
    static registers<Plan, V> spread_scalars(const registers<Plan, double>& values) {
        using A = arithmetic<V>;
        registers<Plan, V> u;
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (
                [&] {
                    constexpr auto i = order.scalars[K];
                    if constexpr (info(program[i].code).is_condition) u.truth[i] = A::not_equal(A::broadcast(values.truth[i] ? 1.0 : 0.0), A::broadcast(0.0));
                    else u.value[i] = A::broadcast(values.value[i]);
                }(),
                ...);
        }(std::make_index_sequence<order.scalars.size()>{});
        return u;
    }
};

}  // namespace furl::detail
