#pragma once

#include <furl/runtime/equal_parts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace FURL_NAMESPACE::detail {

/// The steps that several optimizers take together. A reduction over all tensors covers the tensors of all parts whose rules have
/// this reduction, and if the rule of one part skips a step, all parts skip it.
///
/// A copy has no parts.
template <StepPart Part>
class joint_step {
  public:
    /// The parts of a step are added before it begins, in the order in which they step. Parts of one type are best added one
    /// after another.
    void clear() { parts_.clear(); }
    void add(Part& part) { parts_.add(part); }
    void keep_those_with_a_gradient() { parts_.keep_those_with_a_gradient(); }
    std::span<Part* const> parts() const { return parts_.parts(); }

    /// Begins a step of all parts, and runs the first walk if it only reads.
    ///
    /// @param tensors  how many tensors there are, in all parts and in others.
    /// @param total    how many elements the tensors have whose rules read the number of all elements.
    /// @param again    whether the arguments are those of the last step.
    /// @returns  false if a part refuses the step. Then nothing is written.
    bool begin(std::size_t tensors, std::size_t total, bool again, chunk_runner_ref runner) {
        // The loops here and below visit all parts as rarely as possible, since a thousand parts do not fit into a cache. All
        // walks of a part but the last one only read.
        reductions_.start(tensors);
        passes_ = 1;
        may_skip_ = false;
        ++number_;
        return parts_.for_each([&](equal some) {
            passes_ = std::max(passes_, some.info().passes);
            may_skip_ |= some.info().may_skip;
            if (!some.begin(total, number_, again)) return false;
            some.reduce(0, runner, reductions_);
            return true;
        });
    }

    /// Runs the other walks. Returns whether the step was done: false if a rule skips it, and then nothing is written.
    bool finish(chunk_runner_ref runner) {
        return finish(runner, [&](equal_parts<Part> some) { some.execute(some.info().passes - 1, runner); });
    }
    /// The same, where run_last(equal_parts) runs the last walk of some parts. It is called for all parts in their order, once no rule skips the
    /// step.
    template <class RunLast>
    bool finish(chunk_runner_ref runner, RunLast run_last) {
        for (std::size_t pass = 0; pass + 1 < passes_; ++pass) {
            if (pass > 0)
                parts_.for_each([&](equal some) {
                    some.reduce(pass, runner, reductions_);
                    return true;
                });
            reductions_.combine(pass);
        }
        const auto prepare_last = [&](equal some) { return some.prepare(some.info().passes - 1, reductions_); };
        if (may_skip_ && !parts_.for_each(prepare_last)) return false;
        return parts_.for_each([&](equal some) {
            if (!may_skip_) prepare_last(some);
            run_last(some);
            some.finish();
            return true;
        });
    }

  private:
    using equal = equal_parts<Part>;

    typename equal::list parts_;
    shared_reductions reductions_;
    std::uint64_t number_ = 0;
    std::size_t passes_ = 1;
    bool may_skip_ = false;
};

}  // namespace furl::detail
