#pragma once

#include <furl/base/build.hpp>

#include <cstddef>
#include <span>

namespace FURL_NAMESPACE::detail {

/// A step that is done pass by pass, for several optimizers that wait for values that they compute together, such as a norm over all tensors.
///
/// For each pass in turn call prepare and, if it returns true, execute; after the last pass call finish. All passes but the last
/// only read, so a step can be given up before the last execute. Between two passes global_reductions may be changed.
template <class Optimizer>
class step_session {
    using running_step = typename Optimizer::engine::running_step;

  public:
    /// Begins the next step of an optimizer that has taken its arguments.
    step_session(Optimizer& opt, std::span<const std::size_t> numbers, std::size_t total)
        : opt_(&opt), now_{opt.engine_, opt.arguments_.tensors(), opt.hypers_.values(), opt.steps_ + 1, numbers, total} {}

    /// Computes the per-step values of a pass. Returns whether the step goes on: false where a guard of the rule skips it, or no
    /// tensor has a gradient.
    bool prepare(std::size_t pass) { return opt_->engine_.prepare(now_, pass); }

    /// Runs a pass over the tensors.
    template <class Runner>
    void execute(std::size_t pass, Runner& runner) {
        opt_->engine_.execute(now_, pass, runner);
    }

    /// Keeps the new states, and counts the step.
    void finish() {
        opt_->engine_.finish(now_);
        opt_->count_step();
    }

    /// The reductions of info().reductions: over all tensors, and for each tensor.
    std::span<double> global_reductions() { return opt_->engine_.global_reductions(); }
    std::span<const double> tensor_reductions() const { return opt_->engine_.tensor_reductions(); }

  private:
    Optimizer* opt_;
    running_step now_;
};

}  // namespace furl::detail
