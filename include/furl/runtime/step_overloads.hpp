#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/runtime/erased_optimizer.hpp>
#include <furl/runtime/named_tensors.hpp>

#include <concepts>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The ways to call step of an optimizer whose rules are known at run time only. Each becomes one call of the optimizer's
/// `run(parameters, inputs, runner)`, with the gradients in `gradients()`.
///
/// @tparam Optimizer  the class that derives from this one.
/// @tparam T          the element type of parameters and gradients.
template <class Optimizer, class T>
class step_overloads {
  public:
    /// One step, over one tensor or a list of tensors; further inputs by name: `opt.step(w, g, {{"hessian", h}})`. With a
    /// runner first, on its threads: `opt.step(pool, w, g)`. A rule with zero_grad writes the gradients: they are refused if
    /// they are const.
    ///
    /// @returns  whether it was done: false where a rule skipped it or no tensor has a gradient, which changed nothing.
    template <class Parameters, class Gradients>
    bool step(Parameters&& parameters, Gradients&& gradients, std::initializer_list<named_tensors<T>> inputs = {}) {
        return step_on<Parameters, Gradients>(chunk_runner_ref(), parameters, gradients, inputs);
    }
    template <class Runner, class Parameters, class Gradients>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, Parameters&& parameters, Gradients&& gradients,
              std::initializer_list<named_tensors<T>> inputs = {}) {
        return step_on<Parameters, Gradients>(chunk_runner_ref(runner), parameters, gradients, inputs);
    }
    bool step(std::initializer_list<std::span<T>> parameters, std::initializer_list<gradient_data<T>> gradients,
              std::initializer_list<named_tensors<T>> inputs = {}) {
        gradients_.clear();
        const_gradients_.clear();
        for (const auto& g : gradients) {
            gradients_.push_back(g.values());
            const_gradients_.push_back(g.is_const());
        }
        const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
        return run({parameters.begin(), parameters.size()}, named, {});
    }

    /// The same with inputs whose number is known at run time.
    bool step_named(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                    std::span<const named_data<T>> inputs = {}, chunk_runner_ref runner = {}) {
        return step_list(parameters, gradients, true, inputs, runner);
    }
    bool step_named(std::span<const std::span<T>> parameters, std::span<const std::span<T>> gradients,
                    std::span<const named_data<T>> inputs = {}, chunk_runner_ref runner = {}) {
        return step_list(parameters, gradients, false, inputs, runner);
    }

  protected:
    /// The gradients of the step; and for each tensor, whether they must not be written.
    std::span<const std::span<const T>> gradients() const { return gradients_; }
    std::span<const unsigned char> const_gradients() const { return const_gradients_; }

  private:
    // Kept from step to step, so that a step allocates nothing.
    std::vector<std::span<T>> parameters_;
    std::vector<std::span<const T>> gradients_;
    std::vector<unsigned char> const_gradients_;

    bool run(std::span<const std::span<T>> parameters, std::span<const named_data<T>> inputs, chunk_runner_ref runner) {
        return static_cast<Optimizer*>(this)->run(parameters, inputs, runner);
    }

    template <class Gradients>
    bool step_list(std::span<const std::span<T>> parameters, Gradients gradients, bool are_const,
                   std::span<const named_data<T>> inputs, chunk_runner_ref runner) {
        gradients_.assign(gradients.begin(), gradients.end());
        const_gradients_.assign(gradients.size(), are_const);
        return run(parameters, inputs, runner);
    }

    template <class Parameters, class Gradients, class P, class G>
    bool step_on(chunk_runner_ref runner, P& parameters, G& gradients, std::initializer_list<named_tensors<T>> inputs) {
        if constexpr (!data_fits<elements_of<T>, false, Parameters, Gradients>()) return false;
        else {
            if (!require_layouts(0, parameters, gradients)) return false;
            for (const auto& input : inputs)
                if (!input.require_layout_of(parameters)) return false;
            list_tensors(parameters, parameters_);
            list_tensors(gradients, gradients_);
            const_gradients_.assign(gradients_.size(), !are_writable<G>);
            const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
            return run(parameters_, named, runner);
        }
    }
};

}  // namespace furl::detail
