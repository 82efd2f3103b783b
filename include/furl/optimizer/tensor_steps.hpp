#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/named_rows.hpp>
#include <furl/language/leaves.hpp>
#include <furl/optimizer/named_values.hpp>
#include <furl/optimizer/partial_step.hpp>
#include <furl/print/describe.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace FURL_NAMESPACE::detail {

/// Steps that are done tensor by tensor: a base of the optimizer.
///
/// @tparam T  the type that it computes in.
/// @tparam E  the element type of its parameters.
template <class Optimizer, class T, class E>
class tensor_steps {
  public:
    /// Does a part of a step: one tensor of the list, as soon as its gradient is there, inside the backward pass. So no more
    /// than one gradient need be in memory:
    ///
    ///     for (std::size_t i = layers; i-- > 0;) {
    ///         std::vector<float> gradient = layer[i].backward();   // of its weights
    ///         opt.step_tensor(i, layer[i].weights, gradient);
    ///     }                                                        // each gradient is freed here
    ///
    /// All tensors, each once and in any order, make one step, with the bits of step(). The step counts when the last tensor is
    /// done, or when finish_step() ends it without the others. A tensor whose gradient is empty counts as done, and stays as it
    /// is. The numbers of the step (furl::step_input) are given with its first tensor; those after it need not repeat them.
    ///
    /// If the rule has a reduction over all tensors, such as the global norm, writes_at_end is true. Then each call reads the
    /// gradient for the reduction, and the last one writes all tensors, so parameters and gradients must stay where they are
    /// until then.
    ///
    /// @returns  whether it was done: false where the rule skipped it, or the whole step if writes_at_end. Then nothing was changed.
    /// Errors:  std::invalid_argument, before anything is written, as for step(), if the tensor is done already, or if a number of the
    ///          step differs from that of its first tensor. If writes_at_end, tensors that overlap each other are found by the last
    ///          call, which gives the step up.
    /// Limits:  it runs on the calling thread, one call at a time. Hyperparameters must not change before the step has ended.
    template <class Parameters, class Gradients, InputBinding... Inputs>
    bool step_tensor(std::size_t tensor, Parameters&& parameters, Gradients&& gradients,
                     const Inputs&... inputs) {
        return step_tensor(serial{}, tensor, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }

    /// Does the same. If writes_at_end, the last call writes all tensors on the threads of the runner.
    template <class Runner, class Parameters, class Gradients, InputBinding... Inputs>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step_tensor(Runner&& runner, std::size_t tensor, Parameters&& parameters, Gradients&& gradients,
                     const Inputs&... inputs) {
        return self().arguments_.require_tensor(tensor) && partial_.require(tensor, self().tensors()) &&
               self().require_rows(0, self().shapes().subspan(tensor), parameters, gradients, inputs...) &&
               self().arguments_.take_one(tensor, partial_.open(), self().states_.memory(), std::forward<Parameters>(parameters),
                                          std::forward<Gradients>(gradients), inputs...) &&
               run_part(tensor, runner, [&](auto& now) { return run_whole(now, tensor); });
    }

    /// Ends a partial step. Tensors that are not done, and their states, stay as they are. The step counts if any tensor was
    /// stepped.
    ///
    /// @param runner  where writes_at_end, the threads that write.
    /// @returns  whether the step counts.
    template <class Runner = serial>
    bool finish_step(Runner&& runner = {}) {
        if (!partial_.open()) return false;
        if constexpr (Optimizer::writes_at_end) {
            return write_all(runner);
        } else {
            const bool counts = partial_.any_had_part();
            if (counts) self().engine_.keep_noted_states(partial_.had_part());
            partial_.end();
            self().steps_ += counts;
            return counts;
        }
    }

    /// Whether a partial step has begun and has not ended.
    bool step_is_open() const { return partial_.open(); }

    /// Does what step_tensor does, with inputs that are named at run time. A rule with zero_grad writes the gradients, so it is
    /// refused unless may_write_gradients says that they are not const.
    ///
    /// @param some  the rows of the tensor, if the step is one of some rows: one entry, or none for a step of the whole tensor.
    template <class Runner>
    bool step_tensor_named(Runner&& runner, std::size_t tensor, std::span<E> parameters, std::span<const E> gradients,
                           std::span<const named_data<T>> inputs, bool may_write_gradients, std::span<const named_rows> some = {}) {
        return self().require_writable(may_write_gradients) && self().arguments_.require_tensor(tensor) && partial_.require(tensor, self().tensors()) &&
               self().require_rows_of(some) &&
               self().arguments_.take_one_named(tensor, partial_.open(), self().states_.memory(), parameters, gradients, inputs, some) &&
               run_part(tensor, runner, [&](auto& now) {
                   if constexpr (Optimizer::stored::steps_by_rows)
                       if (!some.empty()) return self().engine_.run_rows(now, some[0], runner);
                   return run_whole(now, tensor);
               });
    }

  protected:
    partial_step partial_;

    // Runs the part of a tensor in a step, once its arguments are taken.
    template <class Runner, class Run>
    bool run_part(std::size_t tensor, Runner& runner, Run run) {
        const bool has_part = self().arguments_.tensors().has_gradient(tensor);
        if (has_part) {
            auto& buffers = self().arguments_.tensors().buffers[tensor];
            self().states_.place(buffers, tensor);
            self().states_.begin(buffers, tensor, self().size(tensor));
            typename Optimizer::engine::running_step now{self().engine_, self().arguments_.tensors(), self().hypers_.values(), self().steps_ + 1};
            if (!run(now)) return false;
            if constexpr (!Optimizer::writes_at_end) {
                self().states_.keep(tensor);
                self().engine_.note_step_states();
            }
        }
        if (!partial_.take(tensor, has_part)) return true;
        const bool done = finish_step(runner);
        return done || !Optimizer::writes_at_end;
    }

  private:
    Optimizer& self() { return static_cast<Optimizer&>(*this); }

    template <class Step>
    bool run_whole(Step& now, std::size_t tensor) {
        if constexpr (Optimizer::writes_at_end) return self().engine_.read_tensor(now, tensor);
        else return self().engine_.run_tensor(now, tensor);
    }

    // Does what is left of a step whose tensors read_tensor has read.
    template <class Runner>
    bool write_all(Runner& runner) {
        self().arguments_.keep_present(partial_.had_part());
        partial_.end();
        if (!self().arguments_.take_all(self().states_.memory())) return false;
        self().place_states(true);
        using session = typename Optimizer::session;
        using together = typename session::together;
        session now(self(), {}, 0);
        typename session::running_step* const one = &now.step();
        if (!together::prepare({&one, 1}, 0)) return false;
        // The reductions may have read a count of elements that took absent tensors for present.
        if (counts_all<plan_of<typename Optimizer::stored>> && self().arguments_.tensors().absent_count > 0) together::execute({&one, 1}, 0, runner);
        else self().engine_.combine_tensors_read(*one);
        for (std::size_t walk = 1; walk < Optimizer::stored::order.walks; ++walk) {
            if (!together::prepare({&one, 1}, walk)) return false;
            together::execute({&one, 1}, walk, runner);
        }
        now.finish();
        return true;
    }
};

}  // namespace furl::detail
