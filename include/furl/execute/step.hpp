#pragma once

#include <furl/execute/kernel.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace furl {

/// Runs the steps of a plan: the values of step and tensor rate, the passes in their order, the reductions between them.
///
/// Owns what a step needs beside the streams: results of reductions, and the states of one value per tensor or per step.
template <class Plan, class T, class Executor, class Environment>
class step_runner {
    using scalars = registers<Plan, double>;
    using pointers = detail::stream_pointers<Plan, T>;
    static constexpr const auto& program = Plan::program;
    static constexpr std::size_t reductions = Plan::order.reductions.size();

  public:
    explicit step_runner(std::span<const std::size_t> sizes)
        : reductions_(sizes.size() * reductions),
          scalar_states_(program.states.size() * std::max<std::size_t>(sizes.size(), 1)),
          executor_(sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end())) {}

    /// The step number t of tensors whose streams start at these pointers. Whether it was done: false where the rule's
    /// guard said no, before anything was written.
    bool run(std::span<const pointers> tensors, std::span<const std::size_t> sizes, std::span<const double> hypers,
             std::int64_t t) {
        const call now{*this, tensors, sizes, hypers, t};
        scalars step_values{};
        bool done = false;
        {
            [[maybe_unused]] const Environment environment;
            [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
                done = (run_pass<Pass>(now, step_values) && ...);
            }(std::make_index_sequence<Plan::order.passes>{});
        }
        if (done) keep_scalar_states<rate::per_step>(step_values, 0);
        return done;
    }

    /// A state of one value per tensor or per step, by its position in the program's table.
    double& scalar_state(std::size_t state, std::size_t tensor) {
        const auto stride = scalar_states_.size() / program.states.size();
        return scalar_states_[state * stride + (program.states[state].when == rate::per_tensor ? tensor : 0)];
    }

    /// All such states as before the first step.
    void reset() {
        if constexpr (!program.states.empty()) {
            const auto stride = scalar_states_.size() / program.states.size();
            for (std::size_t i = 0; i < program.states.size(); ++i)
                for (std::size_t k = 0; k < stride; ++k)
                    scalar_states_[i * stride + k] = initial_value(program.states[i]);
        }
    }

    /// What a buffer of a state is filled with; a state that starts from an expression takes it in the first step.
    static constexpr double initial_value(const state_entry& s) {
        return program[s.initial].code == op::constant ? program[s.initial].value : 0.0;
    }

  private:
    struct call {
        step_runner& self;
        std::span<const pointers> tensors;
        std::span<const std::size_t> sizes;
        std::span<const double> hypers;
        std::int64_t t;
    };

    // The values that arithmetic per step and per tensor is given.
    struct leaves {
        const call& now;
        std::size_t tensor;

        template <std::int16_t I>
        double get() const {
            constexpr auto x = program[I];
            if constexpr (x.code == op::hyper) {
                std::size_t i = 0;
                while (program.hypers[i].name != x.name) ++i;
                return now.hypers[i];
            } else if constexpr (x.code == op::step) {
                return static_cast<double>(now.t);
            } else if constexpr (x.code == op::count) {
                return static_cast<double>(now.sizes[tensor]);
            } else if constexpr (x.code == op::global_count) {
                return static_cast<double>(std::accumulate(now.sizes.begin(), now.sizes.end(), std::size_t{0}));
            } else if constexpr (x.code == op::previous) {
                std::size_t i = 0;
                while (program.states[i].name != x.name) ++i;
                return now.self.scalar_state(i, tensor);
            } else {
                std::size_t r = 0;
                while (Plan::order.reductions[r] != I) ++r;
                return is_global(x.code) ? now.self.global_reductions_[r]
                                         : now.self.reductions_[tensor * reductions + r];
            }
        }
    };

    std::vector<double> reductions_;  // by tensor
    std::array<double, reductions> global_reductions_{};
    std::vector<double> scalar_states_;  // by state, then by tensor; those of step rate use the first place
    [[no_unique_address]] Executor executor_;

    static constexpr bool has_tensor_values = [] {
        for (auto i : Plan::order.scalars)
            if (program[i].when == rate::per_tensor) return true;
        return false;
    }();

    // Whether the step goes on.
    template <std::size_t Pass>
    bool run_pass(const call& now, scalars& step_values) {
        constexpr bool last = Pass + 1 == Plan::order.passes;
        evaluate_scalars<Plan, rate::per_step, Pass, Pass>(step_values, leaves{now, 0});
        if constexpr (last && program.guard >= 0)
            if (!step_values.truth[program.guard]) return false;

        auto uniforms = detail::round_uniforms<Plan, Pass, T>(step_values);
        for (std::size_t i = 0; i < now.sizes.size(); ++i) {
            if constexpr (has_tensor_values) {
                scalars values = step_values;
                evaluate_scalars<Plan, rate::per_tensor, 0, Pass>(values, leaves{now, i});
                uniforms = detail::round_uniforms<Plan, Pass, T>(values);
                if constexpr (last) keep_scalar_states<rate::per_tensor>(values, i);
            }
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                ((uniforms.keys[K] = random_key<K>(step_values, now.t, i)), ...);
            }(std::make_index_sequence<Plan::random_streams.size()>{});
            executor_.template run<Pass>(now.tensors[i], uniforms, now.sizes[i], reductions_.data() + i * reductions);
        }
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (combine_tensors<Pass, R>(now.sizes.size()), ...);
        }(std::make_index_sequence<reductions>{});
        return true;
    }

    template <std::size_t K>
    static detail::random_key random_key(const scalars& values, std::int64_t t, std::size_t tensor) {
        constexpr auto x = program[Plan::random_streams[K]];
        return detail::make_random_key(values.value[x.operands[0]], x.value, static_cast<std::uint64_t>(t), tensor);
    }

    // A reduction over all tensors is one over their own results, in their order.
    template <std::size_t Pass, std::size_t R>
    void combine_tensors(std::size_t tensors) {
        constexpr auto r = Plan::order.reductions[R];
        constexpr auto code = program[r].code;
        if constexpr (is_global(code) && Plan::order.level[r] == int{Pass} + 1) {
            block_tree tree(detail::combining<code>{});
            for (std::size_t i = 0; i < tensors; ++i) tree.push(reductions_[i * reductions + R]);
            global_reductions_[R] = tree.result();
        }
    }

    template <rate When>
    void keep_scalar_states(const scalars& values, std::size_t tensor) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (
                [&] {
                    if constexpr (program.states[I].when == When)
                        scalar_state(I, tensor) = values.value[program.states[I].next];
                }(),
                ...);
        }(std::make_index_sequence<program.states.size()>{});
    }
};

}  // namespace furl
