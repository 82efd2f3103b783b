#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/runtime/erased_optimizer.hpp>
#include <furl/runtime/named_tensors.hpp>
#include <furl/runtime/row_gradients.hpp>

#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The overloads of step for an optimizer whose rules are known only at run time. Each calls the optimizer's
/// `run(parameters, inputs, runner)`, and the optimizer reads the gradients from `gradients()`.
///
/// @tparam Optimizer  the class that derives from this one.
/// @tparam T          the type that it computes in, and of its inputs.
/// @tparam E          the element type of parameters and gradients.
template <class Optimizer, class T, class E>
class step_overloads {
  public:
    /// Does one step over one tensor or a list of tensors. Further inputs are given by name: `opt.step(w, g, {{"hessian", h}})`,
    /// and so are numbers of the step, `opt.step(w, g, {{"loss", loss}})`. A runner as the first argument supplies the
    /// threads: `opt.step(pool, w, g)`. A rule with zero_grad writes the gradients, so const gradients are refused.
    ///
    /// @returns  whether the step was done. It is false, and nothing has changed, if a rule skipped the step or no tensor
    ///           has a gradient.
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
    /// In a braced list gradients may be of some rows of their tensors: `opt.step({table, w}, {furl::row_gradients(words, rows), g})`.
    bool step(std::initializer_list<std::span<E>> parameters, std::initializer_list<gradient_data<E>> gradients,
              std::initializer_list<named_tensors<T>> inputs = {}) {
        const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
        return step_named({parameters.begin(), parameters.size()}, std::span(gradients.begin(), gradients.size()), named);
    }
    template <class Runner>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, std::initializer_list<std::span<E>> parameters, std::initializer_list<gradient_data<E>> gradients,
              std::initializer_list<named_tensors<T>> inputs = {}) {
        const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
        return step_named({parameters.begin(), parameters.size()}, std::span(gradients.begin(), gradients.size()), named, chunk_runner_ref(runner));
    }

    /// Does one step with a number of inputs that is known only at run time. A list of gradient_data may hold gradients of some rows
    /// (furl::row_gradients) beside those of whole tensors, and empty ones.
    bool step_named(std::span<const std::span<E>> parameters, std::span<const std::span<const E>> gradients,
                    std::span<const named_data<T>> inputs = {}, chunk_runner_ref runner = {}) {
        return step_list(parameters, gradients, true, inputs, runner);
    }
    bool step_named(std::span<const std::span<E>> parameters, std::span<const std::span<E>> gradients,
                    std::span<const named_data<T>> inputs = {}, chunk_runner_ref runner = {}) {
        return step_list(parameters, gradients, false, inputs, runner);
    }
    bool step_named(std::span<const std::span<E>> parameters, std::span<const gradient_data<E>> gradients,
                    std::span<const named_data<T>> inputs = {}, chunk_runner_ref runner = {}) {
        gradients_.clear();
        const_gradients_.clear();
        row_count_ = 0;
        for (const auto& g : gradients) {
            if (g.rows()) {
                if (row_count_ == row_parts_.size()) row_parts_.emplace_back();
                row_parts_[row_count_++].begin(gradients_.size(), g);
            }
            gradients_.push_back(g.values());
            const_gradients_.push_back(g.is_const());
        }
        return run(parameters, inputs, runner);
    }

  protected:
    /// The gradients of the step, and for each tensor whether they are const.
    std::span<const std::span<const E>> gradients() const { return gradients_; }
    std::span<const unsigned char> const_gradients() const { return const_gradients_; }

    /// Sets the gradients of a step, all of whole tensors.
    template <class Gradients>
    void set_gradients(const Gradients& gradients, bool are_const) {
        row_count_ = 0;
        gradients_.assign(gradients.begin(), gradients.end());
        const_gradients_.assign(gradients.size(), are_const);
    }

    void set_gradients(std::span<const std::span<const E>> gradients, std::span<const unsigned char> is_const) {
        set_gradients(gradients, false);
        const_gradients_.assign(is_const.begin(), is_const.end());
    }

    /// The gradients that have only some rows, in the order of their tensors.
    std::span<const row_part<E>> row_parts() const { return {row_parts_.data(), row_count_}; }
    const row_part<E>* rows_of(std::size_t tensor) const {
        const auto list = row_parts();
        const auto found = std::ranges::lower_bound(list, tensor, {}, &row_part<E>::tensor);
        return found != list.end() && found->tensor == tensor ? &*found : nullptr;
    }

    /// Finds the rows of the gradients of a tensor, if they have only some. Returns whether its rule, of which this is the info, and
    /// its table have them.
    bool take_rows(std::size_t tensor, furl::shape table, const rule_info& info, std::span<const std::span<E>> parameters) {
        const auto* const found = rows_of(tensor);
        if (!found) return true;
        auto& part = row_parts_[static_cast<std::size_t>(found - row_parts_.data())];
        if (!part.take(table, info)) return false;
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (!part.require_apart(i, parameters[i])) return false;
        gradients_[tensor] = part.gradients();
        return true;
    }

    /// To be called when a step is done in which the rule of a tensor writes its gradients.
    void zero_gradients_of_rows(std::size_t tensor) const {
        if (const auto* part = rows_of(tensor)) part->zero_gradients();
    }

  private:
    // These buffers are kept from step to step, so that a step allocates nothing.
    std::vector<std::span<E>> parameters_;
    std::vector<std::span<const E>> gradients_;
    std::vector<unsigned char> const_gradients_;
    std::vector<row_part<E>> row_parts_;  // in front those of this step
    std::size_t row_count_ = 0;

    bool run(std::span<const std::span<E>> parameters, std::span<const named_data<T>> inputs, chunk_runner_ref runner) {
        return static_cast<Optimizer*>(this)->run(parameters, inputs, runner);
    }

    // Refuses matrices that lie otherwise than the shapes say, where the rules go by rows.
    template <class X>
    bool require_rows_of(const char* what, X& x) {
        if constexpr (HasLayout<std::remove_reference_t<std::ranges::range_reference_t<decltype(as_list(x))>>>)
            return require_rows(what, 0, static_cast<Optimizer*>(this)->shapes_that_matter(), x);
        else return true;
    }

    template <class Gradients>
    bool step_list(std::span<const std::span<E>> parameters, Gradients gradients, bool are_const,
                   std::span<const named_data<T>> inputs, chunk_runner_ref runner) {
        set_gradients(gradients, are_const);
        return run(parameters, inputs, runner);
    }

    template <class Parameters, class Gradients, class P, class G>
    bool step_on(chunk_runner_ref runner, P& parameters, G& gradients, std::initializer_list<named_tensors<T>> inputs) {
        if constexpr (!data_fits<elements_of<E>, false, Parameters, Gradients>()) return false;
        else {
            if (!require_layouts(0, parameters, gradients) || !require_rows_of("parameters", parameters) || !require_rows_of("gradients", gradients)) return false;
            for (const auto& input : inputs)
                if (!input.require_layout_of(parameters)) return false;
            row_count_ = 0;
            list_tensors(parameters, parameters_);
            list_tensors(gradients, gradients_);
            const_gradients_.assign(gradients_.size(), !are_writable<G>);
            const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
            return run(parameters_, named, runner);
        }
    }
};

}  // namespace furl::detail
