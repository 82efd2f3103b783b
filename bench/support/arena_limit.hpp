// What memory allows for a step over a whole model.
#pragma once

#include <furl/bench/limits.hpp>
#include <furl/furl.hpp>
#include <furl/memory/tensor_arena.hpp>

#include <cstddef>

namespace bench {

/// The memory limit of a rule for a model in an arena, on the memory of the step itself: one piece of each stream, with the
/// gaps between tensors.
template <class Rule>
class arena_limit {
    using limit = furl::bench::memory_limit<furl::plan<Rule, furl::contracted>, float>;

  public:
    arena_limit(const furl::tensor_arena<float>& memory, furl::optimizer<Rule>& opt) {
        std::size_t s = 0;
        streams_[s++] = memory.parameter(0).data();
        streams_[s++] = memory.gradient(0).data();
        for (auto name : opt.states()) streams_[s++] = opt.state(name, 0).data();
        const auto last = memory.parameter(memory.tensors() - 1);
        n_ = static_cast<std::size_t>(last.data() + last.size() - streams_[0]);
    }

    template <class... Runner>
    void run(std::size_t calls, Runner&... runner) const {
        limit::repeat(calls, streams_, n_, runner...);
    }

  private:
    typename limit::pointers streams_{};
    std::size_t n_ = 0;
};

}  // namespace bench
