#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/shape.hpp>
#include <furl/language/leaves.hpp>
#include <furl/memory/tensors.hpp>
#include <furl/optimizer/row_indices.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Whether the rows of a plan can step alone; if not, error E50.
template <class Plan>
constexpr bool can_step_rows() {
    static_assert(Plan::steps_by_rows,
                  "furl[E50]: the rule has a reduction over more than a row, or a state that starts in the first step of the tensor, so "
                  "rows cannot step alone; write per_row(...) for reductions, and furl::steps_per_row(update) for states that "
                  "start with each row. See docs/errors.md#E50");
    return Plan::steps_by_rows;
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
        if constexpr (can_step_rows<plan_of<Optimizer>>()) {
            return take(indices) && rows_.are_distinct(table().rows) &&
                   self().run_rows(rows_.rows(), runner, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
        } else return false;
    }

    /// Does the same with rows that may be named twice: the gradients of a row are added up first, in their order. This allocates
    /// memory for the sums. The rule may have numbers of the step, but no other inputs.
    template <detail::RowIndices Indices, class Parameters, class Gradients, NumberBinding... Numbers>
    bool step_rows(sum_duplicates_t, const Indices& indices, Parameters&& parameters, Gradients&& gradients, const Numbers&... numbers) {
        using element = std::remove_cv_t<tensor_element<std::remove_reference_t<Gradients>>>;
        if constexpr (can_step_rows<plan_of<Optimizer>>()) {
            if (!take(indices)) return false;
            if (!self().takes_rows(rows_.rows().size(), parameters, gradients, numbers...)) return false;  // the sums are other memory
            const auto length = table().columns, given = size_of(gradients);
            serial runner;
            auto* const from = data_of(gradients);
            std::vector<element> sums(given);
            rows_.unite(
                table().rows, [&](std::size_t i, std::size_t k) { std::copy_n(from + i * length, length, sums.data() + k * length); },
                [&](std::size_t i, std::size_t k) {
                    for (std::size_t j = 0; j < length; ++j) {
                        auto& sum = sums[k * length + j];
                        const auto both = static_cast<double>(sum) + static_cast<double>(from[i * length + j]);
                        sum = static_cast<element>(static_cast<typename Optimizer::value_type>(both));
                    }
                });
            sums.resize(rows_.rows().size() * length);
            if (!self().run_rows(rows_.rows(), runner, std::forward<Parameters>(parameters), sums, numbers...)) return false;
            if constexpr (plan_of<Optimizer>::program.gradient >= 0) std::fill_n(from, given, element{});
            return true;
        } else return false;
    }

  private:
    row_indices rows_;

    template <class O>
    using plan_of = typename O::stored;

    Optimizer& self() { return static_cast<Optimizer&>(*this); }
    furl::shape table() { return self().shapes()[0]; }

    template <class Indices>
    bool take(const Indices& indices) {
        constexpr bool are_numbers = !std::is_same_v<std::ranges::range_value_t<const Indices>, bool>;
        static_assert(are_numbers, "furl[E50]: the indices are a mask of true and false; give the numbers of the rows. See docs/errors.md#E50");
        if (self().tensors() != 1)
            return refuse("furl: the optimizer has " + std::to_string(self().tensors()) + " tensors; step_rows needs an optimizer for each table");
        return require_block_rows<plan_of<Optimizer>>(table().columns) && rows_.take(table().rows, indices);
    }
};

}  // namespace furl::detail
