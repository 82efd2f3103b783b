#pragma once

#include <furl/adapt/torch/options.hpp>
#include <furl/adapt/torch/parameters.hpp>
#include <furl/adapt/torch/threads.hpp>
#include <furl/memory/tensors.hpp>

#include <torch/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The steps of the parameters of all groups.
class torch_stepper {
  public:
    torch_parameters parameters;

    explicit torch_stepper(const torch_rule_facts& facts) : parameters(facts) {}

    /// Does a step of the parameters that have a gradient. Returns whether any was done.
    bool step(const torch_groups& groups) {
        parameters.prepare(groups);
        const struct clearing {
            std::vector<at::Tensor>& list;
            ~clearing() { list.clear(); }
        } at_end{gradients_};
        take_gradients();
        require_no_overlap();
        step_.clear();
        std::size_t total = 0;
        for (const auto& part : parameters.parts()) {
            give_hyperparameters(*part, groups);
            if (parameters.sparse_one(*part)) {
                if (const auto& g = gradients_[part->numbers.front()]; g.defined() && g.is_sparse()) part->require_row_blocks();
                continue;
            }
            for (std::size_t k = 0; k < part->numbers.size(); ++k) give_memory(*part, k);
            if (!part->has_part()) continue;
            step_.add(*part);
            if (part->info().counts_all) total += part->elements();
        }
        const torch_threads threads;
        const chunk_runner_ref runner(threads);
        bool done = !step_.parts().empty() && run(total, runner);
        for (const auto& part : parameters.parts())
            if (const auto* const p = parameters.sparse_one(*part)) done |= step_sparse(*part, *p, runner);
        if (done && parameters.facts().info->writes_gradients) zero_copied_gradients();
        if (done) count_versions();
        return done;
    }

    /// Returns a per-step value that the rule names by let, as the last step computed it.
    double value(std::string_view name) const {
        const auto names = parameters.facts().info->values;
        const auto i = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
        if (i == names.size()) return refuse(no_such("value of one per step", name, "the rule", names), not_a_number<double>);
        const auto last = std::ranges::max_element(parameters.parts(), {}, [](const auto& p) { return p->number; });
        return last == parameters.parts().end() ? not_a_number<double> : (*last)->values()[i];
    }

  private:
    std::vector<at::Tensor> gradients_;  // of the current step, in the order of memory of the parameters
    joint_step<torch_part> step_;
    std::vector<const void*> addresses_, checked_;  // of the parameters: those of now, and those that were found free of overlaps

    // Gathers the gradients, in the order of memory of the parameters.
    void take_gradients() {
        gradients_.assign(parameters.size(), {});
        std::vector<unsigned char> are_sparse(parameters.size());
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const auto& p = parameters[i];
            const auto& gradient = p.tensor.grad();
            are_sparse[i] = p.is_sparse;
            if (p.is_repetition || !gradient.defined()) continue;
            require_gradient(gradient, p.tensor, p.place);
            if (!gradient.is_sparse()) {
                gradients_[i] = in_order_of(p.tensor, gradient);
                continue;
            }
            if (!parameters.facts().info->joins_rows.empty())
                refuse("furl: the gradient of " + p.place.text() +
                       " is sparse, and the rule has a reduction over more than a row, or a state that starts in the first step "
                       "of the tensor; take to_dense() of it");
            gradients_[i] = united_rows(p.tensor, gradient, p.place);
            are_sparse[i] = true;
        }
        parameters.set_sparse(are_sparse);
    }

    // Each part refuses overlaps of its own memory.
    void require_no_overlap() {
        addresses_.clear();
        for (const auto& p : parameters) addresses_.push_back(p.tensor.data_ptr());
        if (addresses_ == checked_) return;
        std::vector<interval> list;
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (const auto& p = parameters[i]; !p.is_repetition)
                list.push_back(interval::of(static_cast<const std::byte*>(addresses_[i]), p.tensor.nbytes(), i, 0, true));
        if (const auto found = find_overlap(list); found.first)
            refuse("furl: " + parameters[found.first->tensor].place.text() + " and " + parameters[found.second->tensor].place.text() +
                   " are different tensors that share memory; a step would update it twice");
        checked_ = addresses_;
    }

    static void give_hyperparameters(torch_part& part, const torch_groups& groups) {
        const auto& values = static_cast<const torch_options&>(groups[part.group].options()).values();
        const auto single = part.hyperparameters();
        for (std::size_t i = 0; i < single.size(); ++i) single[i] = values[i].second;
        for (std::size_t i = single.size(); i < values.size(); ++i) part.set(values[i].first, values[i].second);
    }

    void give_memory(torch_part& part, std::size_t index) const {
        const auto i = part.numbers[index];
        part.take(index, parameters[i].tensor.data_ptr(), gradients_[i].defined() ? gradients_[i].data_ptr() : nullptr);
    }

    bool run(std::size_t total, chunk_runner_ref runner) {
        return step_.begin(parameters.size(), total, false, runner) && step_.finish(runner);
    }

    bool step_sparse(torch_part& part, const torch_parameter& p, chunk_runner_ref runner) {
        const auto& gradient = gradients_[part.numbers.front()];
        if (!gradient.defined()) return false;
        if (gradient.is_sparse()) {
            const auto rows = gradient._indices()[0].contiguous();
            const auto values = gradient._values().contiguous();
            return part.step_rows({rows.data_ptr<std::int64_t>(), static_cast<std::size_t>(rows.numel())}, p.tensor.data_ptr(),
                                  values.data_ptr(), static_cast<std::size_t>(values.numel()), runner);
        }
        give_memory(part, 0);
        step_.clear();
        step_.add(part);
        return run(part.elements(), runner);
    }

    // A rule with zero_grad has set copies of gradients to 0.
    void zero_copied_gradients() {
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (auto& gradient = parameters[i].tensor.mutable_grad(); gradients_[i].defined() && !gradients_[i].is_same(gradient))
                gradient.zero_();
    }

    // Autograd refuses a backward pass through values of before the step, since it sees another version of the parameter.
    void count_versions() const {
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (const auto& x = parameters[i].tensor; gradients_[i].defined() && !x.is_inference()) x.unsafeGetTensorImpl()->bump_version();
    }
};

}  // namespace furl::detail
