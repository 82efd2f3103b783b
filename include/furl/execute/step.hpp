#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/finite.hpp>
#include <furl/execute/executor.hpp>
#include <furl/execute/kernel.hpp>
#include <furl/execute/partition.hpp>
#include <furl/execute/scalar_states.hpp>
#include <furl/execute/step_tensors.hpp>
#include <furl/execute/step_values.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

template <class Engine>
class steps_together;

/// Runs the steps of a plan: the values of step and tensor, the passes in their order, the reductions between them.
///
/// It owns what a step needs besides the streams: results of reductions, and the states of one value per tensor or per step.
///
/// @tparam Run          an Executor of the plan.
/// @tparam Environment  how denormals are treated while it exists.
template <class Plan, class T, class Run, class Environment>
class step_runner {
    static_assert(Executor<Run, Plan, T>);
    using scalars = registers<Plan, double>;
    static constexpr const auto& program = Plan::program;
    static constexpr std::size_t reductions = Plan::order.reductions.size();
    static constexpr bool has_tensor_values = detail::has_tensor_values<Plan>;
    static constexpr bool only_states_differ = detail::only_states_differ<Plan>;

  public:
    explicit step_runner(std::span<const std::size_t> sizes)
        : parts_(sizes),
          partial_(parts_.spans() * reductions),
          reductions_(sizes.size() * reductions),
          states_(sizes.size()),
          executor_(sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end())) {}

    /// The arguments of a step besides its runner, and what is known of it between its passes.
    struct running_step {
        step_runner& self;
        const step_tensors<Plan>& tensors;
        std::span<const double> hypers;
        std::int64_t t;
        std::span<const std::size_t> numbers{};  ///< the numbers of the tensors, if they are some of many; else 0, 1, ...
        std::size_t total = 0;                   ///< the elements of all tensors, if these are some of many
        const scalars* values = &self.values_;   ///< the values of the step and its tensors, maybe those of an equal step
    };

    /// Does step number t. Returns whether it was done: false if the rule's guard or a lack of gradients prevented it, before
    /// anything was written.
    template <class Runner>
    bool run(const step_tensors<Plan>& tensors, std::span<const double> hypers, std::int64_t t, Runner& runner) {
        running_step now{*this, tensors, hypers, t};
        const bool done = [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
            return (run_pass<Pass>(now, runner) && ...);
        }(std::make_index_sequence<Plan::order.passes>{});
        if (done) finish(now);
        return done;
    }

    /// To be called after the last pass by callers that run the passes one by one, with steps_together, and do something between
    /// them. When a pass has run, its global reductions are known, and may be changed.
    void finish(const running_step& now) {
        if (states_.all_are_equal()) return states_.keep_for_all(*now.values);
        states_.note_step(*now.values);
        states_.keep([&](std::size_t tensor) { return !now.tensors.is_absent(tensor); });
    }

    /// Does a step of one tensor alone, for a rule without reductions over all tensors. keep_noted_states keeps its states once
    /// all tensors had their turn.
    bool run_tensor(running_step& now, std::size_t tensor) {
        states_.treat_apart();
        return [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
            return (run_pass_of<Pass>(now, tensor) && ...);
        }(std::make_index_sequence<Plan::order.passes>{});
    }

    /// A partial step keeps its states at its end: until then the other tensors still read the old ones.
    void note_step_states() { states_.note_step(values_); }
    void keep_noted_states(std::span<const unsigned char> had_part) {
        states_.keep([&](std::size_t tensor) { return had_part[tensor] != 0; });
    }

    /// The reductions in the order of the plan: over all tensors, and for each tensor.
    std::span<double> global_reductions() { return global_reductions_; }
    std::span<const double> tensor_reductions() const { return reductions_; }

    /// The named per-step values as the last step computed them, in the order of step_values<Plan>.
    std::span<const double> values() const { return named_values_; }

    /// The states of one value per tensor or per step.
    detail::scalar_states<Plan>& states() { return states_; }

  private:
    friend class steps_together<step_runner>;
    using denormals = Environment;
    template <std::size_t Pass>
    using uniforms = detail::uniform_values<Plan, Pass, T>;

    // Gives the evaluator what per-step and per-tensor arithmetic reads.
    struct leaves {
        const running_step& now;
        std::size_t tensor;

        template <std::int16_t I>
        double get() const {
            constexpr auto x = program[I];
            if constexpr (x.code == op::hyper) {
                return now.hypers[x.slot];
            } else if constexpr (x.code == op::step) {
                return static_cast<double>(now.t);
            } else if constexpr (x.code == op::count && x.over == domain::tensor) {
                return static_cast<double>(now.self.parts_.size(tensor));
            } else if constexpr (x.code == op::count) {
                if (now.total > 0) return static_cast<double>(now.total);
                std::size_t elements = 0;
                for (std::size_t i = 0; i < now.self.parts_.tensors(); ++i)
                    if (!now.tensors.is_absent(i)) elements += now.self.parts_.size(i);
                return static_cast<double>(elements);
            } else if constexpr (x.code == op::previous) {
                return now.self.states_.at(x.slot, tensor);
            } else {
                constexpr auto r = [] {
                    std::size_t place = 0;
                    while (Plan::order.reductions[place] != I) ++place;
                    return place;
                }();
                return x.where == domain::step ? now.self.global_reductions_[r]
                                         : now.self.reductions_[tensor * reductions + r];
            }
        }
    };

    partition parts_;
    scalars values_{};                // the values of the current step
    std::vector<double> partial_;     // partial results of reductions, by span
    std::vector<double> reductions_;  // results of reductions, by tensor
    std::array<double, reductions> global_reductions_{};
    std::array<double, step_values<Plan>.size()> named_values_ = unknown_values();
    detail::scalar_states<Plan> states_;
    [[no_unique_address]] Run executor_;

    static constexpr auto unknown_values() {
        std::array<double, step_values<Plan>.size()> values{};
        for (auto& v : values) v = detail::not_a_number<double>;
        return values;
    }

    static constexpr bool has_tensor_states = detail::scalar_states<Plan>::has_tensor_states;

    // True if one loop of this pass may run over several tensors that follow each other in memory.
    template <std::size_t Pass>
    static constexpr bool joins = Pass + 1 == Plan::order.passes && Run::in_pieces && only_states_differ &&
                                  Plan::random_keys == 0 && Plan::block == 1;

    template <class Do>
    static bool at_pass(std::size_t pass, Do what) {
        bool result = true;
        [&]<std::size_t... Pass>(std::index_sequence<Pass...>) {
            ((pass == Pass ? static_cast<void>(result = what(std::integral_constant<std::size_t, Pass>{})) : void()), ...);
        }(std::make_index_sequence<Plan::order.passes>{});
        return result;
    }

    // Whether this step has the values of another one, which has prepared this pass: then it uses those.
    template <std::size_t Pass>
    bool takes_values_of(running_step& now, const running_step& other) const {
        const auto equal = [](const auto& a, const auto& b) { return std::ranges::equal(a, b, detail::have_equal_bits); };
        if constexpr (Pass > 0) {
            return now.values == other.values && equal(global_reductions_, other.self.global_reductions_);
        } else {
            const bool same = now.t == other.t && now.total == other.total && (now.total > 0 || !detail::counts_all<Plan>) &&
                              equal(now.hypers, other.hypers) && states_.begin_like(other.self.states_);
            if (same) now.values = other.values;
            return same;
        }
    }

    // Returns whether the step goes on. `other` is null, or a step that has prepared this pass.
    template <std::size_t Pass>
    bool prepare_pass(running_step& now, const running_step* other = nullptr) {
        const bool shared = other && takes_values_of<Pass>(now, *other);
        if (!shared) {
            if (now.values != &values_) values_ = *std::exchange(now.values, &values_);
            evaluate_scalars<Plan, domain::step, Pass, Pass>(values_, leaves{now, 0}, other ? other->values : nullptr);
            if constexpr (only_states_differ && has_tensor_values)
                if (states_.all_are_equal())
                    evaluate_scalars<Plan, domain::tensor, Pass, Pass>(
                        values_, leaves{now, 0}, other && other->self.states_.all_are_equal() ? other->values : nullptr);
        }
        if constexpr (Pass + 1 == Plan::order.passes) {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                ((named_values_[K] = now.values->value[step_values<Plan>[K].value]), ...);
            }(std::make_index_sequence<step_values<Plan>.size()>{});
            if constexpr (program.guard >= 0) return now.values->truth[program.guard];
        }
        return true;
    }

    // Does the same for a step of all tensors that have a gradient.
    template <std::size_t Pass>
    bool prepare_pass_of_all(running_step& now, const running_step* other = nullptr) {
        if constexpr (Pass == 0) {
            if (now.tensors.none_present(parts_.sizes())) return false;
            if constexpr (only_states_differ && has_tensor_values) {
                if (now.tensors.absent_count > 0) states_.treat_apart();
                else states_.find_whether_all_are_equal();
            }
        }
        return prepare_pass<Pass>(now, other);
    }

    template <std::size_t Pass>
    static uniforms<Pass> rounded(const running_step& now) { return detail::round_uniforms<Plan, Pass, T>(*now.values); }

    // Visits the elements of chunk i of n.
    struct chunk {
        const partition& parts;
        std::size_t i = 0, n = 1;

        template <class Visit>
        void operator()(Visit visit) const { parts.visit_chunk(i, n, visit); }
    };

    template <std::size_t Pass, class Runner>
    void execute_pass(const running_step& now, Runner& runner) {
        const auto given = rounded<Pass>(now);
        if (const auto n = chunks(runner); n > 1) run_chunks<Pass>(now, given, n, runner);
        else {
            [[maybe_unused]] const Environment environment;
            run_chunk<Pass>(now, given, chunk{parts_});
        }
        combine_all<Pass>(now);
    }

    template <class Runner>
    std::size_t chunks(Runner& runner) const { return Run::in_pieces ? parts_.chunks(detail::concurrency_of(runner)) : 1; }

    template <std::size_t Pass, class Runner>
    void run_chunks(const running_step& now, const uniforms<Pass>& given, std::size_t n, Runner& runner) {
        runner(n, [&](std::size_t i) {
            [[maybe_unused]] const Environment environment;
            run_chunk<Pass>(now, given, chunk{parts_, i, n});
        });
    }

    template <std::size_t Pass>
    void combine_all(const running_step& now) {
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (combine<Pass, R>(now), ...);
        }(std::make_index_sequence<reductions>{});
    }

    template <std::size_t Pass, class Runner>
    bool run_pass(running_step& now, Runner& runner) {
        if (!prepare_pass_of_all<Pass>(now)) return false;
        execute_pass<Pass>(now, runner);
        return true;
    }

    template <std::size_t Pass>
    bool run_pass_of(running_step& now, std::size_t tensor) {
        if (!prepare_pass<Pass>(now)) return false;
        {
            [[maybe_unused]] const Environment environment;
            run_chunk<Pass>(now, rounded<Pass>(now), [&](auto visit) { visit(tensor, std::size_t{0}, parts_.size(tensor)); });
        }
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (combine_tensor<Pass, R>(tensor), ...);
        }(std::make_index_sequence<reductions>{});
        return true;
    }

    // visit_all calls its argument for each tensor, with a range of its elements.
    template <std::size_t Pass, class VisitAll>
    void run_chunk(const running_step& now, const uniforms<Pass>& given, const VisitAll& visit_all) {
        constexpr bool last = Pass + 1 == Plan::order.passes;
        // They are copied only where tensors differ in them.
        constexpr bool differ = has_tensor_values || Plan::random_keys > 0;
        std::conditional_t<differ, uniforms<Pass>, const uniforms<Pass>&> own = given;
        // Evaluates the values of a tensor, which all tensors before `behind` share.
        const auto evaluate_tensor = [&]([[maybe_unused]] std::size_t tensor, [[maybe_unused]] std::size_t first,
                                         [[maybe_unused]] std::size_t behind) {
            if constexpr (has_tensor_values) {
                if (states_.all_are_equal()) return;
                scalars values = *now.values;
                evaluate_scalars<Plan, domain::tensor, 0, Pass>(values, leaves{now, tensor});
                own = detail::round_uniforms<Plan, Pass, T>(values);
                if constexpr (last && has_tensor_states)
                    for (auto i = first == 0 ? tensor : tensor + 1; i < behind; ++i) states_.note_tensor(values, i);
            }
        };
        // These elements wait, because the next tensor may follow them in memory: those of tensors [from, behind), the first
        // tensor from element `first_waiting` on.
        std::size_t from = 0, behind = 0, first_waiting = 0, waiting = 0;
        const bool any_absent = now.tensors.absent_count > 0;
        [[maybe_unused]] const bool all_equal = !has_tensor_values || states_.all_are_equal();
        const auto run_waiting = [&] {
            if (from == behind) return;
            evaluate_tensor(from, first_waiting, behind);
            if (waiting > 0) run_piece<Pass>(now, own, from, first_waiting, waiting);
        };
        visit_all([&](std::size_t tensor, std::size_t first, std::size_t end) {
            if (any_absent && now.tensors.absent[tensor]) return;
            if constexpr (joins<Pass>) {
                if (waiting > 0 && first == 0 && now.tensors.follows[tensor] && (all_equal || states_.are_equal(from, tensor))) {
                    waiting += end;
                    ++behind;
                    return;
                }
                run_waiting();
                from = tensor, behind = tensor + 1, first_waiting = first, waiting = end - first;
            } else {
                evaluate_tensor(tensor, first, tensor + 1);
                [&]<std::size_t... K>(std::index_sequence<K...>) {
                    [[maybe_unused]] const auto number = now.numbers.empty() ? tensor : now.numbers[tensor];
                    ((own.keys[K] = detail::key_of_tensor<Plan, K>(*now.values, now.t, number)), ...);
                }(std::make_index_sequence<Plan::random_keys>{});
                if constexpr (last) {
                    if (first < end) run_piece<Pass>(now, own, tensor, first, end - first);
                } else if constexpr (Run::in_pieces) {
                    for (auto at = first; at < end; at += partition::span_size)
                        run_piece<Pass>(now, own, tensor, at, std::min(end - at, partition::span_size));
                } else {
                    if (first < end) run_piece<Pass>(now, own, tensor, first, end - first);
                }
            }
        });
        if constexpr (joins<Pass>) run_waiting();
    }

    template <std::size_t Pass>
    void run_piece(const running_step& now, const uniforms<Pass>& given, std::size_t tensor, std::size_t first, std::size_t n) {
        // Most pieces start at the first element. There a changed copy of the pointers would cost as much as some vectors.
        const auto* buffers = &now.tensors.buffers[tensor];
        detail::buffer_pointers<Plan> advanced;
        if (first > 0) {
            advanced = *buffers;
            detail::advance<Plan>(advanced, first);
            buffers = &advanced;
        }
        const auto span = parts_.first_span(tensor) + first / partition::span_size;
        executor_.template run<Pass>(*buffers, given, n, first, partial_.data() + span * reductions);
    }

    // A reduction over a tensor combines the results of its spans, and one over all tensors combines the results of the tensors,
    // in their order.
    template <std::size_t Pass, std::size_t R>
    void combine_tensor(std::size_t i) {
        constexpr auto r = Plan::order.reductions[R];
        if constexpr (Plan::order.level[r] == int{Pass} + 1) {
            const auto begin = parts_.first_span(i);
            const auto end = Run::in_pieces ? parts_.first_span(i + 1) : begin + (parts_.size(i) > 0);
            auto& result = reductions_[i * reductions + R];
            if (end - begin == 1) {
                result = partial_[begin * reductions + R];
                return;
            }
            pairwise_tree tree(detail::combining<program[r].code>{});
            for (auto span = begin; span < end; ++span) tree.push(partial_[span * reductions + R]);
            result = tree.result();
        }
    }

    template <std::size_t Pass, std::size_t R>
    void combine([[maybe_unused]] const running_step& now) {
        constexpr auto r = Plan::order.reductions[R];
        constexpr auto code = program[r].code;
        if constexpr (Plan::order.level[r] == int{Pass} + 1) {
            pairwise_tree all(detail::combining<code>{});
            for (std::size_t i = 0; i < parts_.tensors(); ++i) {
                if (now.tensors.is_absent(i)) continue;
                combine_tensor<Pass, R>(i);
                if constexpr (program[r].where == domain::step) all.push(reductions_[i * reductions + R]);
            }
            if constexpr (program[r].where == domain::step) global_reductions_[R] = all.result();
        }
    }
};

}  // namespace furl
