#pragma once

#include <furl/execute/kernel.hpp>
#include <furl/execute/partition.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace furl {

/// Who runs the chunks of a step: `runner(chunks, body)` calls body(i) once for each i below chunks, on any threads and in
/// any order, and returns when all are done. `runner.concurrency()`, where there is one, says on how many at once; without
/// it there are chunks for 16.
template <class R>
concept ChunkRunner = requires(R& runner, std::size_t chunks, void (&body)(std::size_t)) { runner(chunks, body); };

/// All chunks in their order, on the calling thread. The default.
struct serial {
    static constexpr std::size_t concurrency() { return 1; }

    template <class Body>
    FURL_INLINE void operator()(std::size_t chunks, Body&& body) const {
        for (std::size_t i = 0; i < chunks; ++i) body(i);
    }
};

namespace detail {

template <class Runner>
std::size_t concurrency_of(const Runner& runner) {
    if constexpr (requires { runner.concurrency(); }) return runner.concurrency();
    else return 16;
}

}  // namespace detail

/// The tensors of a step: where their streams start, and which follow the one before without a gap in every stream.
template <class Plan, class T>
struct step_tensors {
    std::vector<detail::stream_pointers<Plan, T>> streams;
    std::vector<unsigned char> follows;

    explicit step_tensors(std::size_t n) : streams(n), follows(n) {}

    /// To be called when a pointer has changed.
    void find_neighbours(std::span<const std::size_t> sizes) {
        for (std::size_t i = 1; i < sizes.size(); ++i) {
            bool next = true;
            for (std::size_t k = 0; k < Plan::streams.size(); ++k)
                next = next && streams[i][k] == streams[i - 1][k] + sizes[i - 1];
            follows[i] = next;
        }
    }
};

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
        : parts_(sizes),
          partial_(parts_.spans() * reductions),
          reductions_(sizes.size() * reductions),
          scalar_states_(program.states.size() * std::max<std::size_t>(sizes.size(), 1)),
          new_states_(has_tensor_states ? scalar_states_.size() : 0),
          executor_(sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end())) {}

    /// The step number t. Whether it was done: false where the rule's guard said no, before anything was written.
    template <class Runner>
    bool run(const step_tensors<Plan, T>& tensors, std::span<const double> hypers, std::int64_t t, Runner& runner) {
        const call now{*this, tensors, hypers, t};
        scalars step_values{};
        const std::size_t chunks = Executor::in_pieces ? parts_.chunks(detail::concurrency_of(runner)) : 1;
        const bool done = [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
            return (run_pass<Pass>(now, step_values, runner, chunks) && ...);
        }(std::make_index_sequence<Plan::order.passes>{});
        if (done) keep_scalar_states(step_values);
        return done;
    }

    /// A state of one value per tensor or per step, by its position in the program's table.
    double& scalar_state(std::size_t state, std::size_t tensor) {
        return scalar_states_[scalar_place(state, tensor)];
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
        const step_tensors<Plan, T>& tensors;
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
                return static_cast<double>(now.self.parts_.size(tensor));
            } else if constexpr (x.code == op::global_count) {
                const auto sizes = now.self.parts_.sizes();
                return static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}));
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

    partition parts_;
    std::vector<double> partial_;     // of reductions: by span
    std::vector<double> reductions_;  // by tensor
    std::array<double, reductions> global_reductions_{};
    std::vector<double> scalar_states_;  // by state, then by tensor; those of step rate use the first place
    std::vector<double> new_states_;     // of tensor rate, until no thread reads the old ones
    [[no_unique_address]] Executor executor_;

    template <rate When>
    static constexpr bool has_states = [] {
        for (const auto& s : program.states)
            if (s.when == When) return true;
        return false;
    }();
    static constexpr bool has_tensor_states = has_states<rate::per_tensor>;

    static constexpr bool has_tensor_values = [] {
        for (auto i : Plan::order.scalars)
            if (program[i].when == rate::per_tensor) return true;
        return false;
    }();

    // Whether tensors that follow each other in memory are one to a pass.
    template <std::size_t Pass>
    static constexpr bool joins = Pass + 1 == Plan::order.passes && Executor::in_pieces && !has_tensor_values &&
                                  Plan::random_streams.empty();

    std::size_t scalar_place(std::size_t state, std::size_t tensor) const {
        const auto stride = scalar_states_.size() / program.states.size();
        return state * stride + (program.states[state].when == rate::per_tensor ? tensor : 0);
    }

    // Whether the step goes on.
    template <std::size_t Pass, class Runner>
    bool run_pass(const call& now, scalars& step_values, Runner& runner, std::size_t chunks) {
        evaluate_scalars<Plan, rate::per_step, Pass, Pass>(step_values, leaves{now, 0});
        if constexpr (Pass + 1 == Plan::order.passes && program.guard >= 0)
            if (!step_values.truth[program.guard]) return false;

        const auto uniforms = detail::round_uniforms<Plan, Pass, T>(step_values);
        const auto body = [&](std::size_t i) {
            [[maybe_unused]] const Environment environment;
            run_chunk<Pass>(now, step_values, uniforms, i, chunks);
        };
        if (chunks == 1) body(0);
        else runner(chunks, body);
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (combine<Pass, R>(), ...);
        }(std::make_index_sequence<reductions>{});
        return true;
    }

    template <std::size_t Pass>
    void run_chunk(const call& now, const scalars& step_values, detail::uniform_values<Plan, Pass, T> uniforms,
                   std::size_t i, std::size_t chunks) {
        constexpr bool last = Pass + 1 == Plan::order.passes;
        std::size_t waiting_tensor = 0, waiting_first = 0, waiting = 0;  // elements that the next tensor may follow
        const auto run_waiting = [&] {
            if (waiting > 0) run_piece<Pass>(now, uniforms, waiting_tensor, waiting_first, waiting);
        };
        parts_.visit_chunk(i, chunks, [&](std::size_t tensor, std::size_t first, std::size_t end) {
            if constexpr (joins<Pass>) {
                if (waiting > 0 && first == 0 && now.tensors.follows[tensor]) {
                    waiting += end;
                    return;
                }
                run_waiting();
                waiting_tensor = tensor, waiting_first = first, waiting = end - first;
            } else {
                if constexpr (has_tensor_values) {
                    scalars values = step_values;
                    evaluate_scalars<Plan, rate::per_tensor, 0, Pass>(values, leaves{now, tensor});
                    uniforms = detail::round_uniforms<Plan, Pass, T>(values);
                    if constexpr (last && has_tensor_states)
                        if (first == 0) note_tensor_states(values, tensor);
                }
                [&]<std::size_t... K>(std::index_sequence<K...>) {
                    ((uniforms.keys[K] = random_key<K>(step_values, now.t, tensor)), ...);
                }(std::make_index_sequence<Plan::random_streams.size()>{});
                if constexpr (last) {
                    if (first < end) run_piece<Pass>(now, uniforms, tensor, first, end - first);
                } else if constexpr (Executor::in_pieces) {
                    for (auto at = first; at < end; at += partition::span_size)
                        run_piece<Pass>(now, uniforms, tensor, at, std::min(end - at, partition::span_size));
                } else {
                    if (first < end) run_piece<Pass>(now, uniforms, tensor, first, end - first);
                }
            }
        });
        if constexpr (joins<Pass>) run_waiting();
    }

    template <std::size_t Pass>
    void run_piece(const call& now, const detail::uniform_values<Plan, Pass, T>& uniforms, std::size_t tensor,
                   std::size_t first, std::size_t n) {
        auto streams = now.tensors.streams[tensor];
        for (auto& stream : streams) stream += first;
        const auto span = parts_.first_span(tensor) + first / partition::span_size;
        executor_.template run<Pass>(streams, uniforms, n, first, partial_.data() + span * reductions);
    }

    template <std::size_t K>
    static detail::random_key random_key(const scalars& values, std::int64_t t, std::size_t tensor) {
        constexpr auto x = program[Plan::random_streams[K]];
        return detail::make_random_key(values.value[x.operands[0]], x.value, static_cast<std::uint64_t>(t), tensor);
    }

    // A reduction over a tensor is one over its spans, one over all tensors is one over their own results, in their
    // order.
    template <std::size_t Pass, std::size_t R>
    void combine() {
        constexpr auto r = Plan::order.reductions[R];
        constexpr auto code = program[r].code;
        if constexpr (Plan::order.level[r] == int{Pass} + 1) {
            block_tree all(detail::combining<code>{});
            for (std::size_t i = 0; i < parts_.tensors(); ++i) {
                const auto begin = parts_.first_span(i);
                const auto end = Executor::in_pieces ? parts_.first_span(i + 1) : begin + (parts_.size(i) > 0);
                block_tree tree(detail::combining<code>{});
                for (auto span = begin; span < end; ++span) tree.push(partial_[span * reductions + R]);
                reductions_[i * reductions + R] = tree.result();
                if constexpr (is_global(code)) all.push(reductions_[i * reductions + R]);
            }
            if constexpr (is_global(code)) global_reductions_[R] = all.result();
        }
    }

    template <rate When, class Visit>
    static void for_each_scalar_state(Visit visit) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (
                [&] {
                    if constexpr (program.states[I].when == When)
                        visit(I, std::integral_constant<std::int16_t, program.states[I].next>{});
                }(),
                ...);
        }(std::make_index_sequence<program.states.size()>{});
    }

    void note_tensor_states(const scalars& values, std::size_t tensor) {
        for_each_scalar_state<rate::per_tensor>([&](std::size_t state, auto next) {
            new_states_[scalar_place(state, tensor)] = values.value[next];
        });
    }

    void keep_scalar_states(const scalars& values) {
        for_each_scalar_state<rate::per_step>([&](std::size_t state, auto next) {
            scalar_state(state, 0) = values.value[next];
        });
        for_each_scalar_state<rate::per_tensor>([&](std::size_t state, auto) {
            for (std::size_t i = 0; i < parts_.tensors(); ++i)
                scalar_state(state, i) = new_states_[scalar_place(state, i)];
        });
    }
};

}  // namespace furl
