#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/runtime/erased_optimizer.hpp>
#include <furl/runtime/named_tensors.hpp>
#include <furl/runtime/row_gradients.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The overloads of step_rows for an optimizer whose rule is known only at run time. Each calls the optimizer's
/// `run_rows(tensor, parameters, gradients, inputs, runner)`, without a tensor if the caller names none.
///
/// @tparam Optimizer  the class that derives from this one.
/// @tparam T          the type that it computes in, and of its inputs.
/// @tparam E          the element type of parameters and gradients.
template <class Optimizer, class T, class E>
class row_step_overloads {
    using inputs_of_step = std::initializer_list<named_tensors<T>>;

  public:
    /// Does one step of some rows of a table, as furl::optimizer::step_rows does. A rule that cannot step rows alone is refused at
    /// run time. sum_duplicates takes no inputs.
    ///
    /// @returns  whether the step was done: false where the rule skipped it or no row is named. Then nothing was changed.
    template <RowIndices Indices>
    bool step_rows(const Indices& indices, std::span<E> parameters, gradient_data<E> gradients, inputs_of_step inputs = {}) {
        return run({}, {}, parameters, row_gradients<E>(indices, gradients), inputs);
    }
    template <class Runner, RowIndices Indices>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step_rows(Runner&& runner, const Indices& indices, std::span<E> parameters, gradient_data<E> gradients, inputs_of_step inputs = {}) {
        return run(chunk_runner_ref(runner), {}, parameters, row_gradients<E>(indices, gradients), inputs);
    }
    template <RowIndices Indices>
    bool step_rows(sum_duplicates_t, const Indices& indices, std::span<E> parameters, gradient_data<E> gradients) {
        return run({}, {}, parameters, row_gradients<E>(sum_duplicates, indices, gradients), {});
    }

    /// Does a part of a step: some rows of one tensor of the list. It can be mixed with step_tensor; finish_step() ends a step without
    /// the remaining tensors. A list of gradients can hold those of rows too: furl::row_gradients.
    ///
    /// @returns  whether it was done: false where the rule skipped it. A tensor of which no row is named counts as done.
    template <RowIndices Indices>
    bool step_rows(std::size_t tensor, const Indices& indices, std::span<E> parameters, gradient_data<E> gradients, inputs_of_step inputs = {}) {
        return run({}, tensor, parameters, row_gradients<E>(indices, gradients), inputs);
    }
    template <class Runner, RowIndices Indices>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step_rows(Runner&& runner, std::size_t tensor, const Indices& indices, std::span<E> parameters, gradient_data<E> gradients,
                   inputs_of_step inputs = {}) {
        return run(chunk_runner_ref(runner), tensor, parameters, row_gradients<E>(indices, gradients), inputs);
    }
    template <RowIndices Indices>
    bool step_rows(sum_duplicates_t, std::size_t tensor, const Indices& indices, std::span<E> parameters, gradient_data<E> gradients) {
        return run({}, tensor, parameters, row_gradients<E>(sum_duplicates, indices, gradients), {});
    }

  private:
    bool run(chunk_runner_ref runner, std::optional<std::size_t> tensor, std::span<E> parameters, const gradient_data<E>& gradients, inputs_of_step inputs) {
        const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
        return static_cast<Optimizer*>(this)->run_rows(tensor, parameters, gradients, named, runner);
    }
};

}  // namespace furl::detail
