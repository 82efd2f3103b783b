#pragma once

#include <furl/base/finite.hpp>
#include <furl/base/inline_list.hpp>
#include <furl/execute/executor.hpp>
#include <furl/execute/flat_pass.hpp>
#include <furl/execute/line_pass.hpp>
#include <furl/execute/matrix_data.hpp>
#include <furl/execute/scalar_states.hpp>
#include <furl/execute/share.hpp>
#include <furl/execute/step_tensors.hpp>
#include <furl/execute/step_values.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

template <class Engine>
class steps_together;

/// Runs the steps of a plan: evaluates the values of step and tensor, runs the walks in their order, and between them combines the
/// reductions and runs the functions of matrices. flat_pass goes over the tensors, or line_pass if the plan has rows or columns.
///
/// It owns what a step needs besides the streams: results of reductions, all states that are not one value per parameter, and the
/// scratch memory of functions of matrices.
///
/// @tparam Run          an Executor of the plan.
/// @tparam Environment  an object that sets how denormals are treated, as long as it lives.
/// @tparam Part         the Share of the tensors that it has.
template <class Plan, class T, class Run, class Environment, class Part = whole_tensors>
class step_runner {
    static_assert(Executor<Run, Plan, T> && Share<Part>);
    using scalars = registers<Plan, double>;
    static constexpr const auto& program = Plan::program;
    static constexpr std::size_t reductions = Plan::order.reductions.size();
    static constexpr bool has_tensor_values = detail::has_tensor_values<Plan>;
    static constexpr bool only_states_differ = detail::only_states_differ<Plan>;

  public:
    /// @param sizes   the numbers of elements of the tensors, as far as they are in its share.
    /// @param shapes  the shapes of these, which matter only if the rule depends on them.
    step_runner(std::span<const std::size_t> sizes, std::span<const furl::shape> shapes, Part share = {})
        : states_(sizes.size()), reductions_(sizes.size() * reductions), shapes_(whole_shapes(shapes, share)), walks_(sizes, shapes, share), matrices_(shapes), share_(std::move(share)) {}

    /// A step that runs: its arguments except the runner, and what it knows from one walk to the next.
    struct running_step {
        step_runner& self;
        const step_tensors<Plan>& tensors;
        std::span<const double> hypers;
        std::int64_t t;
        std::span<const std::size_t> numbers{};  ///< the numbers of the tensors, if they are some of many; else 0, 1, ...
        std::size_t total = 0;                   ///< the elements of all tensors, if these are some of many
        const scalars* values = &self.values_;   ///< the values of step and tensor: its own, or those of an equal step

        /// Returns the values of step and tensor that a walk over this tensor reads.
        template <std::size_t Walk>
        scalars values_of(std::size_t tensor) const {
            scalars all = *values;
            if constexpr (has_tensor_values) evaluate_scalars<Plan, domain::tensor, 0, Plan::order.first[Walk]>(all, leaves{*this, tensor});
            return all;
        }

        /// Returns the keys of the random numbers of a tensor.
        std::array<detail::random_key, Plan::random_keys> keys_of(std::size_t tensor) const {
            std::array<detail::random_key, Plan::random_keys> keys{};
            [[maybe_unused]] const auto number = numbers.empty() ? tensor : numbers[tensor];
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                ((keys[K] = detail::key_of_tensor<Plan, K>(*values, t, number)), ...);
            }(std::make_index_sequence<Plan::random_keys>{});
            return keys;
        }
    };

    /// Does step number t. Returns whether it was done: false if the rule's guard or a lack of gradients prevented it, before
    /// anything was written.
    template <class Runner>
    bool run(const step_tensors<Plan>& tensors, std::span<const double> hypers, std::int64_t t, Runner& runner) {
        running_step now{*this, tensors, hypers, t};
        const bool done = [&]<std::size_t... Walk>(std::index_sequence<Walk...>) {
            return (run_walk<Walk>(now, runner) && ...);
        }(std::make_index_sequence<Plan::order.walks>{});
        if (done) finish(now);
        return done;
    }

    /// Ends a step: keeps its new states. Callers that run the walks one by one, with steps_together, call this after the last
    /// walk. Between two walks the global reductions are known, and callers may change them.
    void finish(const running_step& now) {
        if (states_.all_are_equal()) return states_.keep_for_all(*now.values);
        states_.note_step(*now.values);
        states_.keep([&](std::size_t tensor) { return now.tensors.has_gradient(tensor); });
    }

    /// Does a step of one tensor alone, for a rule without reductions over all tensors. keep_noted_states keeps its states once
    /// all tensors had their turn.
    bool run_tensor(running_step& now, std::size_t tensor) {
        states_.treat_apart();
        return [&]<std::size_t... Walk>(std::index_sequence<Walk...>) {
            return (run_walk_of<Walk>(now, tensor) && ...);
        }(std::make_index_sequence<Plan::order.walks>{});
    }

    /// Does the first walk of one tensor, which only reads, for a rule with reductions over all tensors. Once all tensors were
    /// read, combine_tensors_read combines the results, and the other walks can follow.
    bool read_tensor(running_step& now, std::size_t tensor) {
        states_.treat_apart();
        return run_walk_of<0>(now, tensor);
    }
    void combine_tensors_read(const running_step& now) { combine_all<0>(now); }

    /// Does a step of some rows of a tensor alone, for a plan with steps_by_rows. The gradients and inputs have only these rows, in
    /// their order.
    template <class Runner>
    bool run_rows(running_step& now, const detail::named_rows& named, Runner& runner) {
        states_.treat_apart();
        if (!prepare_walk<0>(now)) return false;
        execute_rows(now, named, runner);
        return true;
    }
    /// The part of such rows in a step that is prepared.
    template <class Runner>
    void execute_rows(const running_step& now, const detail::named_rows& named, Runner& runner) {
        if constexpr (detail::scalar_states<Plan>::has_tensor_states) states_.note_tensor(now.template values_of<0>(named.tensor), named.tensor);
        walks_.execute_rows(now, named.tensor, named.rows, named.length, runner);
    }

    /// A partial step keeps its states at its end: until then the other tensors still read the old ones.
    void note_step_states() { states_.note_step(values_); }
    void keep_noted_states(std::span<const unsigned char> had_part) {
        states_.keep([&](std::size_t tensor) { return had_part[tensor] != 0; });
    }

    /// The reductions in the order of the plan: over all tensors, and for each tensor.
    std::span<double> global_reductions() { return global_reductions_; }
    std::span<const double> tensor_reductions() const { return {reductions_.data(), reductions_.size()}; }

    /// The named per-step values as the last step computed them, in the order of step_values<Plan>.
    std::span<const double> values() const { return named_values_; }

    /// The states of one value per tensor or per step.
    detail::scalar_states<Plan>& states() { return states_; }

    /// The states of one value per row or column.
    auto& line_states() { return walks_.data(); }
    const auto& line_states() const { return walks_.data(); }

    /// Sets all states to their values before the first step, except those that the user sets.
    void reset_states() {
        states_.reset();
        if constexpr (Plan::has_lines) walks_.data().reset();
    }

    /// The share of the tensors that it has.
    const Part& share() const { return share_; }
    std::span<const std::size_t> sizes() const {
        if constexpr (Part::is_whole) return walks_.sizes();
        else return share_.sizes();
    }

    /// Whether several calls may each run a part of a tensor.
    static constexpr bool takes_pieces = Run::in_pieces;

    /// How many elements of a tensor of this shape cannot be parted: a share begins at a multiple of it.
    static std::size_t unit(furl::shape shape) {
        if (Plan::has_matrices || !Run::in_pieces) return std::max<std::size_t>(shape.size(), 1);
        return walks::unit(shape);
    }

    /// How many elements of a tensor of this shape the last walk of a step cannot part, if takes_pieces: it may go up to a multiple of it, and go
    /// on from there later. Of a share that is counted from its first element of the tensor.
    static std::size_t piece(furl::shape shape) { return walks::piece(shape); }

    /// The operands and results of functions of matrices, in scratch memory.
    auto& matrices() { return matrices_; }

    /// The result of a reduction over a tensor, by its place in the plan.
    double& result_of(std::size_t tensor, std::size_t reduction) { return reductions_[tensor * reductions + reduction]; }

  private:
    friend class steps_together<step_runner>;
    static constexpr std::size_t last_walk = Plan::order.walks - 1;

    // Gives the evaluator what per-step and per-tensor arithmetic reads.
    struct leaves {
        const running_step& now;
        std::size_t tensor;

        template <std::int16_t I>
        double get() const {
            constexpr auto x = program[I];
            if constexpr (x.code == op::hyper) {
                return now.hypers[x.slot];
            } else if constexpr (x.code == op::step_input) {
                return now.tensors.step_inputs[x.slot];
            } else if constexpr (x.code == op::step) {
                return static_cast<double>(now.t);
            } else if constexpr (x.code == op::count && x.over == domain::tensor) {
                return static_cast<double>(now.self.sizes()[tensor]);
            } else if constexpr (x.code == op::count && x.over == domain::row) {
                return static_cast<double>(now.self.shapes_[tensor].columns);
            } else if constexpr (x.code == op::count && x.over == domain::column) {
                return static_cast<double>(now.self.shapes_[tensor].rows);
            } else if constexpr (x.code == op::count) {
                if (now.total > 0) return static_cast<double>(now.total);
                std::size_t elements = 0;
                for (std::size_t i = 0; i < now.self.sizes().size(); ++i)
                    if (now.tensors.has_gradient(i)) elements += now.self.sizes()[i];
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

    // The shapes are not kept if the rule does not depend on them.
    struct no_shapes {
        explicit no_shapes(auto) {}
    };
    using walks = std::conditional_t<Plan::has_lines, detail::line_pass<Plan, T, Run, Environment, Part>, detail::flat_pass<Plan, T, Run, Environment, Part>>;
    using shape_list = std::conditional_t<Plan::has_shape, std::vector<furl::shape>, no_shapes>;

    detail::scalar_states<Plan> states_;
    inline_list<double, std::max<std::size_t>(reductions, 1)> reductions_;  // results of reductions, by tensor
    std::array<double, reductions> global_reductions_{};
    std::array<double, step_values<Plan>.size()> named_values_ = unknown_values();
    [[no_unique_address]] shape_list shapes_;  // of whole tensors
    walks walks_;
    [[no_unique_address]] detail::matrix_data_of<Plan, T> matrices_;
    [[no_unique_address]] Part share_;
    // It is last, because steps that share the values of another one do not touch it.
    scalars values_{};  // the values of the current step

    static shape_list whole_shapes(std::span<const furl::shape> shapes, const Part& share) {
        if constexpr (!Plan::has_shape) return shape_list(shapes);
        else if constexpr (Part::is_whole) return {shapes.begin(), shapes.end()};
        else return {share.shapes().begin(), share.shapes().end()};
    }

    static constexpr auto unknown_values() {
        std::array<double, step_values<Plan>.size()> values{};
        for (auto& v : values) v = detail::not_a_number<double>;
        return values;
    }

    template <class Do>
    static bool at_walk(std::size_t walk, Do what) {
        bool result = true;
        [&]<std::size_t... Walk>(std::index_sequence<Walk...>) {
            ((walk == Walk ? static_cast<void>(result = what(std::integral_constant<std::size_t, Walk>{})) : void()), ...);
        }(std::make_index_sequence<Plan::order.walks>{});
        return result;
    }

    // Takes the values of another step, which has prepared this walk, if this step has equal ones. Returns whether it has.
    template <std::size_t Walk>
    bool takes_values_of(running_step& now, const running_step& other) const {
        const auto equal = [](const auto& a, const auto& b) { return std::ranges::equal(a, b, detail::have_equal_bits); };
        if constexpr (Walk > 0) {
            return now.values == other.values && equal(global_reductions_, other.self.global_reductions_);
        } else {
            const bool same = now.t == other.t && now.total == other.total && (now.total > 0 || !detail::counts_all<Plan>) &&
                              equal(now.hypers, other.hypers) && equal(now.tensors.step_inputs, other.tensors.step_inputs) &&
                              states_.begin_like(other.self.states_);
            if (same) now.values = other.values;
            return same;
        }
    }

    // Evaluates the values of a walk. Returns whether the step goes on. `other` is null, or a step that has prepared this walk.
    template <std::size_t Walk>
    bool prepare_walk(running_step& now, const running_step* other = nullptr) {
        constexpr auto pass = Plan::order.first[Walk];
        const bool shared = other && takes_values_of<Walk>(now, *other);
        if (!shared) {
            if (now.values != &values_) values_ = *std::exchange(now.values, &values_);
            evaluate_scalars<Plan, domain::step, pass, pass>(values_, leaves{now, 0}, other ? other->values : nullptr);
            if constexpr (only_states_differ && has_tensor_values)
                if (states_.all_are_equal())
                    evaluate_scalars<Plan, domain::tensor, pass, pass>(
                        values_, leaves{now, 0}, other && other->self.states_.all_are_equal() ? other->values : nullptr);
        }
        if constexpr (Walk + 1 == Plan::order.walks) {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                ((named_values_[K] = now.values->value[step_values<Plan>[K].value]), ...);
            }(std::make_index_sequence<step_values<Plan>.size()>{});
            if constexpr (program.guard >= 0) return now.values->truth[program.guard];
        }
        return true;
    }

    // Does the same for a step of all tensors that have a gradient.
    template <std::size_t Walk>
    bool prepare_walk_of_all(running_step& now, const running_step* other = nullptr) {
        if constexpr (Walk == 0) {
            if (now.tensors.none_present(sizes())) return false;
            if constexpr (only_states_differ && has_tensor_values) {
                if (now.tensors.absent_count > 0) states_.treat_apart();
                else states_.find_whether_all_are_equal();
            }
        }
        return prepare_walk<Walk>(now, other);
    }

    template <std::size_t Walk, class Runner>
    bool run_walk(running_step& now, Runner& runner) {
        if (!prepare_walk_of_all<Walk>(now)) return false;
        walks_.template execute<Walk>(now, runner);
        combine<Walk>(now);
        return true;
    }

    template <std::size_t Walk>
    bool run_walk_of(running_step& now, std::size_t tensor) {
        if (!prepare_walk<Walk>(now)) return false;
        walks_.template execute_tensor<Walk>(now, tensor);
        combine_tensor<Walk>(tensor);
        return true;
    }

    template <std::size_t Walk>
    void combine_tensor(std::size_t tensor) {
        walks_.template combine<Walk>(tensor, results_of(tensor));
        if constexpr (Plan::has_matrices) matrices_.template run<Walk>(tensor);
    }

    double* results_of(std::size_t tensor) { return reductions_.data() + tensor * reductions; }

    // Combines the reductions of a walk over each tensor, then over all tensors, in the order of the tensors.
    template <std::size_t Walk>
    void combine(const running_step& now) {
        if constexpr (Walk + 1 < Plan::order.walks) {
            if constexpr (!Part::is_whole) walks_.template gather<Walk>(share_);
            for (std::size_t i = 0; i < walks_.sizes().size(); ++i)
                if (!now.tensors.is_absent(i)) combine_tensor<Walk>(i);
            combine_all<Walk>(now);
        }
    }

    template <std::size_t Walk>
    void combine_all(const running_step& now) {
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (combine_tensors<Walk, R>(now), ...);
        }(std::make_index_sequence<reductions>{});
    }

    template <std::size_t Walk, std::size_t R>
    void combine_tensors([[maybe_unused]] const running_step& now) {
        constexpr auto r = Plan::order.reductions[R];
        if constexpr (program[r].where == domain::step && Plan::order.level[r] == int{Plan::order.first[Walk + 1]}) {
            pairwise_tree all(detail::combining<program[r].code>{});
            for (std::size_t i = 0; i < walks_.sizes().size(); ++i)
                if (!now.tensors.is_absent(i)) all.push(results_of(i)[R]);
            global_reductions_[R] = all.result();
        }
    }
};

}  // namespace furl
