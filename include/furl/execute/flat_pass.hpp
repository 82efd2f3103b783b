#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/inline_list.hpp>
#include <furl/base/shape.hpp>
#include <furl/execute/kernel.hpp>
#include <furl/execute/partition.hpp>
#include <furl/execute/reduction_tree.hpp>
#include <furl/execute/row_chunks.hpp>
#include <furl/execute/scalar_states.hpp>
#include <furl/execute/step_values.hpp>

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Runs the walks of a plan without values of rows or columns. Each walk is one pass, which does not depend on shapes.
///
/// @tparam Run          an Executor of the plan.
/// @tparam Environment  an object that sets how denormals are treated, as long as it lives.
/// @tparam Part         the Share of the tensors that it has.
template <class Plan, class T, class Run, class Environment, class Part>
class flat_pass {
    static constexpr const auto& program = Plan::program;
    static constexpr std::size_t reductions = Plan::order.reductions.size();
    static constexpr bool only_states_differ = detail::only_states_differ<Plan>;
    static constexpr bool has_values_of_tensors = has_tensor_values<Plan>;

  public:
    using environment = Environment;
    template <std::size_t Pass>
    using uniforms = uniform_values<Plan, Pass, T>;

    flat_pass(std::span<const std::size_t> sizes, std::span<const furl::shape>, const Part& share)
        : parts_(sizes), whole_(whole_sizes(share)), partial_(whole().spans() * reductions), executor_(sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end())) {}

    /// How many elements of a tensor cannot be parted between shares; see step_runner.
    static std::size_t unit(furl::shape) { return partition::span_size; }
    static std::size_t piece(furl::shape) { return Plan::block; }

    /// Completes the partial results of a pass with those of the other shares.
    template <std::size_t Pass>
    void gather(const Part& share) {
        if constexpr (makes_reductions<Pass>) {
            std::vector<std::size_t> first;
            for (std::size_t i = 0; i <= share.count(); ++i) {
                const auto [tensor, element] = share.begin_of(i);
                first.push_back((whole().first_span(tensor) + element / partition::span_size) * reductions);
            }
            share.gather({partial_.data(), partial_.size()}, first);
        }
    }

    std::span<const std::size_t> sizes() const { return parts_.sizes(); }

    /// Chunk i of n: calls visit(tensor, first, end) for each run of elements in it.
    struct chunk {
        const partition& parts;
        std::size_t i = 0, n = 1;

        template <class Visit>
        void operator()(Visit visit) const { parts.visit_chunk(i, n, visit); }
    };
    chunk all() const { return {parts_}; }

    template <std::size_t Pass, class Step>
    static uniforms<Pass> rounded(const Step& now) { return round_uniforms<Plan, Pass, T>(*now.values); }

    template <class Runner>
    std::size_t chunks(Runner& runner) const { return Run::in_pieces ? parts_.chunks(concurrency_of(runner)) : 1; }

    /// Runs a pass over all tensors of a step.
    template <std::size_t Pass, class Step, class Runner>
    void execute(const Step& now, Runner& runner) {
        const auto given = rounded<Pass>(now);
        if (const auto n = chunks(runner); n > 1) return run_chunks<Pass>(now, given, n, runner);
        [[maybe_unused]] const Environment denormals;
        run_chunk<Pass>(now, given, all());
    }
    template <std::size_t Pass, class Step, class Runner>
    void run_chunks(const Step& now, const uniforms<Pass>& given, std::size_t n, Runner& runner) {
        runner(n, [&](std::size_t i) {
            [[maybe_unused]] const Environment denormals;
            run_chunk<Pass>(now, given, chunk{parts_, i, n});
        });
    }

    /// Runs a pass over one tensor.
    template <std::size_t Pass, class Step>
    void execute_tensor(const Step& now, std::size_t tensor) {
        [[maybe_unused]] const Environment denormals;
        run_chunk<Pass>(now, rounded<Pass>(now), [&](auto visit) { visit(tensor, std::size_t{0}, parts_.size(tensor)); });
    }

    /// Runs a pass over the elements between two places in the list of tensors. Over all calls each element has its turn once.
    template <std::size_t Pass, class Step>
    void execute_between(const Step& now, partition::position from, partition::position to) {
        [[maybe_unused]] const Environment denormals;
        run_chunk<Pass>(now, rounded<Pass>(now), [&](auto visit) { parts_.visit_between(from, to, visit); });
    }

    /// Steps some rows of a tensor, for a plan with steps_by_rows. The gradients and inputs have only these rows, in their order.
    template <class Step, class Runner>
    void execute_rows(const Step& now, std::size_t tensor, std::span<const std::size_t> named, std::size_t length, Runner& runner) {
        auto given = round_uniforms<Plan, 0, T>(now.template values_of<0>(tensor));
        given.keys = now.keys_of(tensor);
        const auto buffers = now.tensors.buffers[tensor];
        run_rows<Environment>(named.size(), length, runner, [&](std::size_t i, std::size_t end) {
            while (i < end) {
                // Rows that follow each other in the table and in the gradients are one piece.
                std::size_t n = 1;
                while (i + n < end && named[i + n] == named[i] + n) ++n;
                if (i + rows_ahead < end) prefetch_row<Plan>(buffers, named[i + rows_ahead], length);
                auto here = buffers;
                advance<Plan>(here, named[i] * length);
                for_each_compact<Plan>([&](std::size_t p, std::size_t bytes) { here[p] = buffers[p] + i * length * bytes; });
                executor_.template run<0>(here, given, n * length, named[i] * length, nullptr);
                i += n;
            }
        });
    }

    /// Combines the results of the spans of a tensor, for each reduction of a pass.
    template <std::size_t Pass>
    void combine(std::size_t tensor, double* results) {
        [&]<std::size_t... R>(std::index_sequence<R...>) {
            (combine_spans<Pass, R>(tensor, results[R]), ...);
        }(std::make_index_sequence<reductions>{});
    }

    /// Runs a pass over a chunk. visit_all(visit) calls visit(tensor, first, end) for each run of elements in the chunk.
    template <std::size_t Pass, class Step, class VisitAll>
    void run_chunk(const Step& now, const uniforms<Pass>& given, const VisitAll& visit_all) {
        constexpr bool last = Pass + 1 == Plan::order.passes;
        [[maybe_unused]] auto& states = now.self.states();
        // These values are copied only if tensors differ in them.
        constexpr bool differ = has_values_of_tensors || Plan::random_keys > 0;
        std::conditional_t<differ, uniforms<Pass>, const uniforms<Pass>&> own = given;
        // Evaluates the values of a tensor. All tensors up to `behind` have the same.
        const auto evaluate_tensor = [&]([[maybe_unused]] std::size_t tensor, [[maybe_unused]] std::size_t first,
                                         [[maybe_unused]] std::size_t behind) {
            if constexpr (has_values_of_tensors) {
                if (states.all_are_equal()) return;
                const auto values = now.template values_of<Pass>(tensor);
                own = round_uniforms<Plan, Pass, T>(values);
                if constexpr (last && scalar_states<Plan>::has_tensor_states)
                    for (auto i = first == 0 ? tensor : tensor + 1; i < behind; ++i) states.note_tensor(values, i);
            }
        };
        // Elements wait here, because the next tensor may follow them in memory: then one loop runs over both. There are `waiting`
        // of them, in the tensors [from, behind), and they begin at element `first_waiting` of tensor `from`.
        std::size_t from = 0, behind = 0, first_waiting = 0, waiting = 0;
        const bool any_absent = now.tensors.absent_count > 0;
        [[maybe_unused]] const bool all_equal = !has_values_of_tensors || states.all_are_equal();
        const auto run_waiting = [&] {
            if (from == behind) return;
            evaluate_tensor(from, first_waiting, behind);
            if (waiting > 0) run_piece<Pass>(now, own, from, first_waiting, waiting);
        };
        visit_all([&](std::size_t tensor, std::size_t first, std::size_t end) {
            if (any_absent && now.tensors.absent[tensor]) return;
            if constexpr (joins<Pass>) {
                if (waiting > 0 && first == 0 && now.tensors.follows[tensor] && (all_equal || states.are_equal(from, tensor))) {
                    waiting += end;
                    ++behind;
                    return;
                }
                run_waiting();
                from = tensor, behind = tensor + 1, first_waiting = first, waiting = end - first;
            } else {
                evaluate_tensor(tensor, first, tensor + 1);
                if constexpr (Plan::random_keys > 0) own.keys = now.keys_of(tensor);
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

  private:
    struct no_partition {
        explicit no_partition(auto) {}
    };

    partition parts_;
    [[no_unique_address]] std::conditional_t<Part::is_whole, no_partition, partition> whole_;  // of whole tensors, if parts_ is not
    inline_list<double, std::max<std::size_t>(reductions, 1)> partial_;  // partial results of reductions, by span of whole tensors
    [[no_unique_address]] Run executor_;

    static std::span<const std::size_t> whole_sizes([[maybe_unused]] const Part& share) {
        if constexpr (Part::is_whole) return {};
        else return share.sizes();
    }
    const partition& whole() const {
        if constexpr (Part::is_whole) return parts_;
        else return whole_;
    }

    template <std::size_t Pass>
    static constexpr bool makes_reductions = [] {
        for (auto r : Plan::order.reductions)
            if (Plan::order.level[r] == int{Pass} + 1) return true;
        return false;
    }();

    // This is true if one loop of this pass may run over several tensors that follow each other in memory.
    template <std::size_t Pass>
    static constexpr bool joins = Pass + 1 == Plan::order.passes && Run::in_pieces && only_states_differ &&
                                  Plan::random_keys == 0 && Plan::block == 1 && !Plan::has_matrices;

    template <std::size_t Pass, class Step>
    void run_piece(const Step& now, const uniforms<Pass>& given, std::size_t tensor, std::size_t first, std::size_t n) {
        // Most pieces start at the first element and need no copy of the pointers, which would take as long as some vectors.
        const auto* buffers = &now.tensors.buffers[tensor];
        buffer_pointers<Plan> advanced;
        if (first > 0) {
            advanced = *buffers;
            advance<Plan>(advanced, first);
            buffers = &advanced;
        }
        auto number = first;  // of the first element, in its whole tensor
        if constexpr (!Part::is_whole) number += now.self.share().first(tensor);
        const auto span = whole().first_span(tensor) + number / partition::span_size;
        double* const results = partial_.data() + span * reductions;
        if constexpr (Plan::has_matrices) {
            auto placed = given;
            now.self.matrices().place(placed, tensor, first);
            executor_.template run<Pass>(*buffers, placed, n, number, results);
        } else {
            executor_.template run<Pass>(*buffers, given, n, number, results);
        }
    }

    template <std::size_t Pass, std::size_t R>
    void combine_spans(std::size_t tensor, double& result) {
        constexpr auto r = Plan::order.reductions[R];
        if constexpr (Plan::order.level[r] == int{Pass} + 1) {
            const auto begin = whole().first_span(tensor);
            const auto end = Run::in_pieces ? whole().first_span(tensor + 1) : begin + (whole().size(tensor) > 0);
            if (end - begin == 1) {
                result = partial_[begin * reductions + R];
                return;
            }
            pairwise_tree tree(combining<program[r].code>{});
            for (auto span = begin; span < end; ++span) tree.push(partial_[span * reductions + R]);
            result = tree.result();
        }
    }
};

}  // namespace furl::detail
