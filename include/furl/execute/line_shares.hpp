#pragma once

#include <furl/execute/line_data.hpp>
#include <furl/execute/line_walks.hpp>

#include <algorithm>
#include <span>
#include <vector>

// Tensors with values of rows or columns, of which several shares have the rows.
namespace FURL_NAMESPACE::detail {

/// Returns how many elements of a tensor cannot be parted: a row, or a group of rows if anything is reduced over more than a row.
template <class Plan>
std::size_t unit_of_lines(furl::shape s) {
    constexpr bool all_in_rows = [] {
        for (auto r : Plan::order.reductions)
            if (Plan::program[r].where != domain::row) return false;
        return true;
    }();
    return std::max<std::size_t>(s.columns, 1) * (all_in_rows ? 1 : line_layout::rows_of_group(s));
}

/// Completes the partial results of a walk with those of the other shares: those of the groups, and the sums over columns.
template <class Plan, std::size_t Walk, class Data, class Part>
void gather_lines(const Part& share, Data& data, std::span<double> partials) {
    using of_plan = line_walks<Plan>;
    const auto gather = [&](std::span<double> values, auto place) {
        std::vector<std::size_t> first;
        for (std::size_t i = 0; i <= share.count(); ++i) {
            const auto [tensor, element] = share.begin_of(i);
            first.push_back(tensor == data.tensors() ? values.size() : place(tensor, element == 0 ? 0 : element / unit_of_lines<Plan>(share.shapes()[tensor])));
        }
        share.gather(values, first);
    };
    bool makes = false;
    of_plan::template for_each_reduction<Walk>([&]<std::size_t R>() { makes |= of_plan::template is_of_tensor<R>; });
    if (makes)
        gather(partials, [&](std::size_t tensor, std::size_t group) { return data.partial_of(tensor, group) * Plan::order.reductions.size(); });
    of_plan::template for_each_column_reduction<Walk>([&]<std::size_t K, std::size_t>() {
        gather(data.column_sums(K), [&](std::size_t tensor, std::size_t group) { return data.sums_of(tensor, group); });
    });
}

}  // namespace furl::detail
