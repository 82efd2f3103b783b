#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/named_rows.hpp>
#include <furl/base/shape.hpp>
#include <furl/language/leaves.hpp>
#include <furl/memory/tensors.hpp>
#include <furl/optimizer/row_indices.hpp>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Returns whether rows can step alone by this plan and be named by indices of this type. If not, it is error E50.
template <class Plan, class Indices>
constexpr bool can_step_rows() {
    static_assert(Plan::steps_by_rows,
                  "furl[E50]: the rule has a reduction over more than a row, or a state that starts in the first step of the tensor, so "
                  "rows cannot step alone; write per_row(...) for reductions, and furl::steps_per_row(update) for states that "
                  "start with each row. See docs/errors.md#E50");
    if constexpr (Plan::steps_by_rows) return name_rows<Indices>();
    else return false;
}

/// The steps of some rows of a table: a base of the optimizer.
template <class Optimizer>
class row_steps {
  public:
    /// Does one step of some rows of a table, for the sparse gradients of an embedding: it reads and writes only these rows of the
    /// parameters and states. Its time grows with the number of rows named, not with the table.
    ///
    /// `furl::optimizer<my_rule> opt(furl::shape{words, 64});  opt.step_rows(indices, table, gradients);`
    ///
    /// @param indices     the numbers of the rows: any range of integers, in any order.
    /// @param parameters  the whole table.
    /// @param gradients   a row for each index, in the order of the indices, contiguous.
    /// @param inputs      `furl::input<"name"> = data` for each further input of the rule, with rows like those of the gradients, and
    ///                    `furl::step_input<"name"> = number` for each number of the step.
    /// @returns  whether the step was done: false where the rule skipped it or no row is named. Then nothing was changed.
    /// The optimizer counts one step. With steps_per_row each row counts its own.
    /// Errors:  E50 if the rule has a reduction over more than a row, a function of matrices, or a state that starts in the
    ///          tensor's first step.
    ///          std::invalid_argument, before anything is written, if a row does not exist or is named twice, if a size does not
    ///          fit, or if the optimizer has several tensors.
    template <detail::RowIndices Indices, class Parameters, class Gradients, InputBinding... Inputs>
    bool step_rows(const Indices& indices, Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        return step_rows(serial{}, indices, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }
    template <class Runner, detail::RowIndices Indices, class Parameters, class Gradients, InputBinding... Inputs>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step_rows(Runner&& runner, const Indices& indices, Parameters&& parameters, Gradients&& gradients,
                   const Inputs&... inputs) {
        if constexpr (can_step_rows<plan_of<Optimizer>, Indices>())
            return has_one_table() && run(runner, 0, indices, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...) &&
                   !rows_.rows().empty();
        else return false;
    }

    /// Does the same with rows that may be named twice: the gradients of a row are added up first, in their order. This allocates
    /// memory for the sums. The rule may have numbers of the step, but no other inputs.
    template <detail::RowIndices Indices, class Parameters, class Gradients, NumberBinding... Numbers>
    bool step_rows(sum_duplicates_t, const Indices& indices, Parameters&& parameters, Gradients&& gradients, const Numbers&... numbers) {
        if constexpr (can_step_rows<plan_of<Optimizer>, Indices>())
            return has_one_table() && run_sums(0, indices, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), numbers...) &&
                   !rows_.rows().empty();
        else return false;
    }

    /// Does a part of a step: some rows of one tensor of the list. It is step_tensor for a gradient of some rows, and both can be
    /// mixed: a step ends when each tensor had its part, or with finish_step().
    ///
    ///     opt.step_rows(0, words, table, gradients_of_words);
    ///     opt.step_tensor(1, weights, gradients);               // of two tensors: this ends the step
    ///
    /// @returns  whether it was done: false where the rule skipped it. Then nothing was changed. A tensor of which no row is named
    ///           counts as done, and stays as it is.
    /// All parts of a step have the step count of this step. steps_per_tensor counts the steps in which rows of the tensor were
    /// named, steps_per_row those in which the row was.
    /// Errors:  as above, and std::invalid_argument if the tensor does not exist or is done already.
    template <detail::RowIndices Indices, class Parameters, class Gradients, InputBinding... Inputs>
    bool step_rows(std::size_t tensor, const Indices& indices, Parameters&& parameters, Gradients&& gradients,
                   const Inputs&... inputs) {
        return step_rows(serial{}, tensor, indices, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }
    template <class Runner, detail::RowIndices Indices, class Parameters, class Gradients, InputBinding... Inputs>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step_rows(Runner&& runner, std::size_t tensor, const Indices& indices, Parameters&& parameters, Gradients&& gradients,
                   const Inputs&... inputs) {
        if constexpr (can_step_rows<plan_of<Optimizer>, Indices>())
            return run(runner, tensor, indices, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
        else return false;
    }
    template <detail::RowIndices Indices, class Parameters, class Gradients, NumberBinding... Numbers>
    bool step_rows(sum_duplicates_t, std::size_t tensor, const Indices& indices, Parameters&& parameters, Gradients&& gradients, const Numbers&... numbers) {
        if constexpr (can_step_rows<plan_of<Optimizer>, Indices>())
            return run_sums(tensor, indices, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), numbers...);
        else return false;
    }

  private:
    row_indices rows_;

    template <class O>
    using plan_of = typename O::stored;

    Optimizer& self() { return static_cast<Optimizer&>(*this); }

    bool has_one_table() {
        return self().tensors() == 1 || refuse("furl: the optimizer has " + std::to_string(self().tensors()) +
                                               " tensors; say which: step_rows(tensor, indices, ...)");
    }

    // Takes the indices of rows of a tensor. Returns whether they exist.
    template <class Indices>
    bool take(std::size_t tensor, const Indices& indices) {
        if (!self().has_tensor(tensor)) return false;
        const auto table = self().shapes()[tensor];
        return require_block_rows<plan_of<Optimizer>>(table.columns) && rows_.take(table.rows, indices);
    }
    named_rows taken(std::size_t tensor) { return {tensor, rows_.rows(), self().shapes()[tensor].columns}; }

    template <class Runner, class Indices, class Parameters, class Gradients, class... Inputs>
    bool run(Runner& runner, std::size_t tensor, const Indices& indices, Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        return take(tensor, indices) && rows_.are_distinct(self().shapes()[tensor].rows) &&
               self().run_rows(taken(tensor), runner, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }

    template <class Indices, class Parameters, class Gradients, class... Numbers>
    bool run_sums(std::size_t tensor, const Indices& indices, Parameters&& parameters, Gradients&& gradients, const Numbers&... numbers) {
        using element = std::remove_cv_t<tensor_element<std::remove_reference_t<Gradients>>>;
        // The gradients are checked too, because the sums are other memory.
        if (!take(tensor, indices) || !self().takes_rows(taken(tensor), parameters, gradients, numbers...)) return false;
        auto* const from = data_of(gradients);
        std::vector<element> sums;
        rows_.unite<typename Optimizer::value_type>(self().shapes()[tensor], from, sums);
        serial runner;
        if (!self().run_rows(taken(tensor), runner, std::forward<Parameters>(parameters), sums, numbers...)) return false;
        if constexpr (plan_of<Optimizer>::program.gradient >= 0) std::fill_n(from, size_of(gradients), element{});
        return true;
    }
};

}  // namespace furl::detail
