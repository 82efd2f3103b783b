#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/replace.hpp>
#include <furl/language/state.hpp>

namespace FURL_NAMESPACE {

/// Counts `step` for each row: the number of steps that the row took part in. States that start from an expression start in the
/// row's own first step, unless they have one value for all rows: those start in the first step of the tensor.
///
/// `opt.step_rows` steps some rows of a table. Without this block all rows use the optimizer's count, as in PyTorch's SparseAdam,
/// so the bias correction of a row that is seldom named is too weak. A schedule that should follow the optimizer's count is put
/// around this block: `replace(steps_per_row(update), lr, schedule)`.
///
/// @tparam Name   the name of the count: "row_steps" unless given.
/// @param update  a rule's update. Its schedules and bias corrections follow the row's own count.
/// @returns  an expression of the shape of the update.
/// State:   one number per row, named Name, starts at 0; one more number per row if a state starts from an expression.
/// Cost:    values that depend on the step are computed once for each row.
/// Errors:  E21 if a guard of the rule depends on the step.
/// Source:  our own: what steps_per_tensor does for tensors. PyTorch's SparseAdam uses the count of the step.
template <fixed_string Name = "row_steps", Expression Update>
constexpr auto steps_per_row(const Update& update) {
    constexpr scoped<domain::row, leaf<op::first_step>> first{first_step};
    const auto own = state<Name>(0.0, [&](auto old) { return select(first, 1, old + 1); });
    using own_type = std::remove_cv_t<decltype(own)>;
    detail::part_of<graph_capacity<2, Update, own_type>> result;
    const auto own_count = own.into(result.body);
    result.body.root = result.body.add(detail::laid_out(update), [&](node n) {
        if (n.code == op::step) return own_count;
        if (n.code == op::first_step) n.over = domain::row;
        return result.body.add(n);
    });
    return result;
}

}  // namespace furl
