#pragma once

#include <furl/execute/steps_together.hpp>

#include <cstddef>
#include <span>

namespace FURL_NAMESPACE::detail {

/// A step that is done walk by walk, for several optimizers that need a value of all of them, such as a norm over all tensors.
///
/// For each walk in turn call prepare and, if it returns true, execute; after the last walk call finish. Walks before the last
/// write no stream, so a step can be given up before the last execute. Between two walks global_reductions may be changed. prepare
/// and execute are those of `together`, for the steps of one or more optimizers of one type.
template <class Optimizer>
class step_session {
  public:
    using running_step = typename Optimizer::engine::running_step;
    using together = steps_together<typename Optimizer::engine>;

    /// Begins the next step of an optimizer that has taken its arguments.
    step_session(Optimizer& opt, std::span<const std::size_t> numbers, std::size_t total)
        : opt_(&opt), now_{opt.engine_, opt.arguments_.tensors(), opt.hypers_.values(), opt.steps_ + 1, numbers, total} {}

    /// The step. prepare returns false where a guard of the rule skips it, or no tensor has a gradient.
    running_step& step() { return now_; }
    const running_step& step() const { return now_; }

    /// Leaves out the tensors that have no gradient, where a share has none of their elements. To be called before the first prepare.
    void leave_out(std::span<const unsigned char> absent) { opt_->arguments_.leave_out(absent); }

    /// Steps the tensors of which only some rows step. To be called after the last execute.
    template <class Runner>
    void execute_rows(Runner& runner) {
        if constexpr (Optimizer::stored::steps_by_rows)
            for (const auto& named : now_.tensors.some_rows)
                if (now_.tensors.has_gradient(named.tensor)) opt_->engine_.execute_rows(now_, named, runner);
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
