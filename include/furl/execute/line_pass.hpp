#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/execute/line_chunks.hpp>
#include <furl/execute/line_data.hpp>
#include <furl/execute/line_shares.hpp>
#include <furl/execute/line_walks.hpp>
#include <furl/execute/partition.hpp>
#include <furl/execute/row_chunks.hpp>
#include <furl/execute/step_values.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Runs the walks of a plan with values of rows or columns. A walk takes a batch of rows at a time, which stays in cache, and runs
/// all of its passes over the batch before it goes on to the next.
///
/// @tparam Run          an Executor of the plan.
/// @tparam Environment  an object that sets how denormals are treated, as long as it lives.
/// @tparam Part         the Share of the tensors that it has.
template <class Plan, class T, class Run, class Environment, class Part>
class line_pass {
    using V = typename Run::line_vector;
    using of_plan = line_walks<Plan>;
    using A = arithmetic<V>;
    using scalars = registers<Plan, double>;
    using line_scalars = registers<Plan, V>;
    static constexpr const auto& program = Plan::program;
    static constexpr const auto& order = Plan::order;
    static constexpr std::size_t reductions = order.reductions.size();

  public:
    line_pass(std::span<const std::size_t> sizes, std::span<const furl::shape> shapes, const Part& share)
        : parts_(sizes), data_(shapes, share), partials_(data_.all_groups() * reductions), chunks_(data_.layouts()), executor_(sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end())) {}

    std::span<const std::size_t> sizes() const { return parts_.sizes(); }

    /// For shares of tensors: where they may begin, and what they exchange after a walk. See step_runner.
    static std::size_t unit(furl::shape s) { return unit_of_lines<Plan>(s); }
    static std::size_t piece(furl::shape s) { return std::max<std::size_t>(s.columns, 1); }
    template <std::size_t Walk>
    void gather(const Part& share) { gather_lines<Plan, Walk>(share, data_, partials_); }

    line_data<Plan, T, V>& data() { return data_; }
    const line_data<Plan, T, V>& data() const { return data_; }

    /// Runs a walk over all tensors of a step: first the values of their columns, then their groups of rows, on threads.
    template <std::size_t Walk, class Step, class Runner>
    void execute(const Step& now, Runner& runner) {
        [[maybe_unused]] const Environment denormals;
        for (std::size_t i = 0; i < data_.tensors(); ++i)
            if (!now.tensors.is_absent(i)) begin<Walk>(now, i);
        if constexpr (of_plan::template has_work<Walk>) {
            const auto wanted = Run::in_pieces ? parts_.chunks(concurrency_of(runner)) : 1;
            const auto chunks = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(data_.groups(), 1));
            const auto body = [&](std::size_t i) {
                [[maybe_unused]] const Environment denormals_of_chunk;
                chunks_.visit(i, chunks, [&](std::size_t tensor, std::size_t group) {
                    if (!now.tensors.is_absent(tensor)) run_group<Walk>(now, tensor, group);
                });
            };
            if (chunks == 1) body(0);
            else runner(chunks, body);
        }
    }

    /// Steps some rows of a tensor, for a plan with steps_by_rows. The gradients and inputs have only these rows, in their order.
    template <class Step, class Runner>
    void execute_rows(const Step& now, std::size_t tensor, std::span<const std::size_t> named, std::size_t length, Runner& runner) {
        run_rows<Environment>(named.size(), length, runner, [&, values = now.template values_of<0>(tensor), keys = now.keys_of(tensor)](std::size_t i, std::size_t end) {
            auto trees = of_plan::make_trees();
            const auto of_lines = of_plan::template spread_scalars<V>(values);
            while (i < end) {
                const auto n = std::min(end - i, line_data<Plan, T, V>::most_named);
                for (std::size_t k = 0; k < n; ++k) prefetch_row<Plan>(now.tensors.buffers[tensor], named[i + k], length);
                [&]<std::size_t... P>(std::index_sequence<P...>) {
                    (run_named<P>(now, tensor, named.subspan(i, n), i, length, values, of_lines, keys, trees), ...);
                }(std::make_index_sequence<order.passes>{});
                i += n;
            }
        });
    }

    /// Runs a walk over one tensor.
    template <std::size_t Walk, class Step>
    void execute_tensor(const Step& now, std::size_t tensor) {
        [[maybe_unused]] const Environment denormals;
        begin<Walk>(now, tensor);
        for (std::size_t g = 0; g < data_.layout(tensor).groups; ++g) run_group<Walk>(now, tensor, g);
    }

    /// Runs the last walk over the rows between two places in the list of tensors. Both places must be at the beginning of a row. Over all calls
    /// each row is stepped once. The values of a tensor's columns are evaluated before its first row.
    template <std::size_t Walk, class Step>
    void execute_between(const Step& now, partition::position from, partition::position to) {
        static_assert(Walk + 1 == order.walks);
        [[maybe_unused]] const Environment denormals;
        parts_.visit_between(from, to, [&](std::size_t tensor, std::size_t first, std::size_t last) {
            if (now.tensors.is_absent(tensor)) return;
            if (first == 0) begin<Walk>(now, tensor);
            if constexpr (of_plan::template has_work<Walk>) {
                const auto& layout = data_.layout(tensor);
                const auto columns = layout.shape.columns;
                const auto end = columns > 0 ? last / columns : layout.shape.rows;
                for (auto row = columns > 0 ? first / columns : 0; row < end;) {
                    const auto group = row / layout.group_rows, end_here = std::min(end, (group + 1) * layout.group_rows);
                    run_rows_of_group<Walk>(now, tensor, group, row, end_here);
                    row = end_here;
                }
            }
        });
    }

    /// Combines the results of the groups of a tensor, for each reduction of a walk.
    template <std::size_t Walk>
    void combine(std::size_t tensor, double* results) {
        const auto& layout = data_.layout(tensor);
        of_plan::template for_each_reduction<Walk>([&]<std::size_t R>() {
            if constexpr (of_plan::template is_of_tensor<R>) {
                pairwise_tree tree(combining<program[order.reductions[R]].code>{});
                for (std::size_t g = 0; g < layout.all_groups; ++g) tree.push(partials_[data_.partial_of(tensor, g) * reductions + R]);
                results[R] = tree.result();
            }
        });
        of_plan::template for_each_column_reduction<Walk>([&]<std::size_t K, std::size_t>() { data_.template combine_columns<K>(tensor); });
        if (layout.all_groups > 0 && layout.shape.columns > 0) return;
        // A mean over nothing is NaN. It must not reach the other tensors through a reduction over all.
        of_plan::template for_each_reduction<Walk>([&]<std::size_t R>() {
            if constexpr (program[order.reductions[R]].where == domain::step) results[R] = 0;
        });
    }

  private:
    // The size of a batch of rows. If a batch is short, the processor starts to reduce the next one while it still writes this one,
    // which hides the latency of memory. In cache there is little latency, and long batches need fewer calls.
    static constexpr std::size_t block_rows = 512, block_elements = 1024, block_in_cache = 4096, block_of_one_pass = std::size_t{1} << 15;
    // The last pass reads the next batch ahead if rows are long (least_ahead), unless the tensor is in cache (cache_bytes) or the
    // rows are so long that they would push each other out of it (most_ahead).
    static constexpr std::size_t cache_bytes = std::size_t{1} << 20, least_ahead = 8192, most_ahead = std::size_t{1} << 16;

    partition parts_;
    line_data<Plan, T, V> data_;
    std::vector<double> partials_;         // results of reductions over the tensor or all tensors, by group
    line_chunks chunks_;
    [[no_unique_address]] Run executor_;

    // Begins a walk over a tensor: evaluates the values of its columns and the reductions of these. The last walk also keeps the
    // states of columns, and notes those of the tensor.
    template <std::size_t Walk, class Step>
    void begin(const Step& now, std::size_t tensor) {
        const scalars values = now.template values_of<Walk>(tensor);
        if constexpr (Walk + 1 == order.walks && scalar_states<Plan>::has_tensor_states) now.self.states().note_tensor(values, tensor);
        constexpr auto first = order.first[Walk];
        if constexpr (!order.columns[first].empty()) {
            auto trees = of_plan::make_trees();
            data_.template evaluate_columns<first>(tensor, of_plan::template spread_scalars<V>(values),
                                                   [&]<std::int16_t I>(std::integral_constant<std::int16_t, I>, std::size_t column, V value, std::size_t valid) {
                                                       of_plan::template push<I, Walk>(trees, value, valid);
                                                       if constexpr (Walk + 1 == order.walks) data_.template keep<I, domain::column>(tensor, column, value, valid);
                                                   });
            of_plan::template for_each_reduction<Walk>([&]<std::size_t R>() {
                if constexpr (of_plan::template operand_of<R>.where == domain::column) now.self.result_of(tensor, R) = std::get<R>(trees).result();
            });
        }
        if constexpr (Walk + 1 == order.walks) data_.template keep_shared<domain::column>(tensor, 0, data_.layout(tensor).shape.columns, values);
    }

    // Returns how many elements a batch of a walk has. If only one pass goes over the elements, they need not stay in cache.
    template <std::size_t Walk>
    static constexpr std::size_t block_size(bool in_cache) {
        std::size_t passes = 0;
        for (auto pass = order.first[Walk]; pass < order.first[Walk + 1]; ++pass) passes += of_plan::is_over_elements(pass);
        return passes < 2 ? block_of_one_pass : in_cache ? block_in_cache : block_elements;
    }

    // Runs a walk over a group of rows.
    template <std::size_t Walk, class Step>
    void run_group(const Step& now, std::size_t tensor, std::size_t group) {
        const auto& layout = data_.layout(tensor);
        const auto begin = group * layout.group_rows;
        run_rows_of_group<Walk>(now, tensor, group, begin, std::min(begin + layout.group_rows, layout.shape.rows));
    }

    // Runs a walk over some rows of a group. They must be all rows if the walk makes partial results.
    template <std::size_t Walk, class Step>
    void run_rows_of_group(const Step& now, std::size_t tensor, std::size_t group, std::size_t begin, std::size_t end) {
        const scalars values = now.template values_of<Walk>(tensor);
        const auto keys = now.keys_of(tensor);
        const auto& buffers = now.tensors.buffers[tensor];
        const auto& layout = data_.layout(tensor);
        const auto of_lines = of_plan::template spread_scalars<V>(values);
        auto trees = of_plan::make_trees();
        of_plan::template for_each_column_reduction<Walk>([&]<std::size_t K, std::size_t>() { data_.begin_columns(K, tensor, group); });
        const auto columns = layout.shape.columns;
        const bool in_cache = layout.shape.size() * Plan::streams.size() * sizeof(T) < cache_bytes;
        const auto block = std::clamp<std::size_t>(block_size<Walk>(in_cache) / std::max<std::size_t>(columns, 1), 1, block_rows);
        const bool reads_ahead = !in_cache && columns >= least_ahead && columns <= most_ahead;
        for (auto row = begin; row < end; row += block) {
            const auto n = std::min(block, end - row);
            [&]<std::size_t... P>(std::index_sequence<P...>) {
                (run_block<Walk, order.first[Walk] + P>(now, buffers, tensor, group, row, n, values, of_lines, keys, trees,
                                                        surroundings{(end - row - n) * columns, reads_ahead && row + 2 * n <= end ? n * columns : 0}), ...);
            }(std::make_index_sequence<order.first[Walk + 1] - order.first[Walk]>{});
        }
        double* const partial = partials_.data() + (layout.first_partial + group) * reductions;
        of_plan::template for_each_reduction<Walk>([&]<std::size_t R>() {
            if constexpr (of_plan::template is_of_tensor<R>) partial[R] = std::get<R>(trees).result();
        });
    }

    // What surrounds a batch of rows in memory.
    struct surroundings {
        std::size_t follows = 0;  // how many elements of the same streams may be read behind the batch
        std::size_t ahead = 0;    // how many elements ahead the last pass reads what the next batch needs; 0 if it does not
    };

    // Runs a pass over a batch of n rows, from row `first` on.
    template <std::size_t Walk, std::size_t Pass, class Step, class Trees>
    void run_block(const Step& now, const buffer_pointers<Plan>& buffers, std::size_t tensor, std::size_t group, std::size_t first, std::size_t n,
                   const scalars& values, const line_scalars& of_lines, const std::array<random_key, Plan::random_keys>& keys, Trees& trees,
                   surroundings around = {}) {
        constexpr const auto& rows = row_uniforms<Plan, Pass>;
        constexpr bool last = Pass + 1 == order.passes;
        T of_rows[std::max<std::size_t>(rows.size(), 1)][block_rows + A::width];  // a vector may be written behind the last
        if constexpr (!order.rows[Pass].empty())
            data_.template evaluate_rows<Pass>(tensor, first, n, of_lines,
                                               [&]<std::int16_t I>(std::integral_constant<std::int16_t, I>, std::size_t row, V value, std::size_t valid) {
                                                   of_plan::template for_each_row_value<Pass>([&]<std::size_t K>() {
                                                       if constexpr (order.uniforms[Pass][rows[K]] == I) data_.store(of_rows[K] + row, value);
                                                   });
                                                   if constexpr (order.ends_walk(Pass)) of_plan::template push<I, Walk>(trees, value, valid);
                                                   if constexpr (last) data_.template keep<I, domain::row>(tensor, first + row, value, valid);
                                               });
        if constexpr (last) data_.template keep_shared<domain::row>(tensor, first, n, values);
        if constexpr (of_plan::is_over_elements(Pass)) {
            auto given = round_uniforms<Plan, Pass, T>(values);
            given.keys = keys;
            given.ahead[0] = around.ahead;
            std::array<const T*, rows.size()> row_values;
            for (std::size_t k = 0; k < rows.size(); ++k) row_values[k] = of_rows[k];
            if (run_together<Pass>(buffers, tensor, group, first, n, given, row_values, trees, around)) return;
            for (std::size_t row = 0; row < n; ++row) {
                for (std::size_t k = 0; k < rows.size(); ++k) given.values[rows[k]] = of_rows[k][row];
                run_row<Walk, Pass>(now, buffers, tensor, group, first + row, given, trees);
                end_row<Pass>(tensor, group, first + row);
            }
        }
    }

    // Runs a pass over rows that lie anywhere in a table. Gradients and inputs have them in their order, from row `place` on.
    template <std::size_t Pass, class Step, class Trees>
    void run_named(const Step& now, std::size_t tensor, std::span<const std::size_t> named, std::size_t place, std::size_t length,
                   const scalars& values, const line_scalars& of_lines, const std::array<random_key, Plan::random_keys>& keys, Trees& trees) {
        constexpr const auto& rows = row_uniforms<Plan, Pass>;
        constexpr bool last = Pass + 1 == order.passes;
        T of_rows[std::max<std::size_t>(rows.size(), 1)][line_layout::padded(line_data<Plan, T, V>::most_named)];
        if constexpr (!order.rows[Pass].empty())
            data_.template evaluate_named_rows<Pass>(tensor, named, of_lines,
                                                     [&]<std::int16_t I>(std::integral_constant<std::int16_t, I>, std::size_t at, V value, std::size_t valid) {
                                                         of_plan::template for_each_row_value<Pass>([&]<std::size_t K>() {
                                                             if constexpr (order.uniforms[Pass][rows[K]] == I) data_.store(of_rows[K] + at, value);
                                                         });
                                                         if constexpr (last)
                                                             data_.template for_each_state<I, domain::row>([&](std::size_t state) {
                                                                 T next[A::width];
                                                                 data_.store(next, value);
                                                                 for (std::size_t k = 0; k < valid; ++k) data_.state(state, tensor)[named[at + k]] = next[k];
                                                             });
                                                     });
        auto given = round_uniforms<Plan, Pass, T>(values);
        given.keys = keys;
        for (std::size_t i = 0; i < named.size(); ++i) {
            if constexpr (last) data_.template keep_shared<domain::row>(tensor, named[i], 1, values);
            for (std::size_t k = 0; k < rows.size(); ++k) given.values[rows[k]] = of_rows[k][i];
            // run_row goes to the row's own number in all buffers, but gradients and inputs have the row at another place.
            auto buffers = now.tensors.buffers[tensor];
            for_each_compact<Plan>([&](std::size_t p, std::size_t bytes) {
                buffers[p] = reinterpret_cast<std::byte*>(reinterpret_cast<std::uintptr_t>(buffers[p]) + (place + i - named[i]) * length * bytes);
            });
            if constexpr (of_plan::is_over_elements(Pass)) run_row<0, Pass>(now, buffers, tensor, 0, named[i], given, trees);
        }
    }

    // If a run of column_run rows ends with this one, adds what it collected to the reductions over columns.
    template <std::size_t Pass>
    void end_row(std::size_t tensor, std::size_t group, std::size_t row) {
        const auto& layout = data_.layout(tensor);
        if ((row + 1 - group * layout.group_rows) % line_layout::column_run != 0 && row + 1 != layout.shape.rows) return;
        of_plan::template for_each_column_reduction<order.walk_of(Pass)>([&]<std::size_t K, std::size_t Made>() {
            if constexpr (Made == Pass) data_.template end_run<K>(tensor, group);
        });
    }

    // Runs a pass over a batch by the executor's loops for several rows, if they take rows of this length. Returns whether it did.
    template <std::size_t Pass, class Trees>
    bool run_together(const buffer_pointers<Plan>& buffers, std::size_t tensor, std::size_t group, std::size_t first, std::size_t n,
                      const uniform_values<Plan, Pass, T>& given, const std::array<const T*, row_uniforms<Plan, Pass>.size()>& values, Trees& trees,
                      surroundings around) {
        if constexpr (Run::takes_rows && !Plan::has_matrices) {
            const auto& layout = data_.layout(tensor);
            const auto columns = layout.shape.columns;
            auto own = given;
            data_.set_columns(own, tensor, group, 0);
            auto here = buffers;
            advance<Plan>(here, first * columns);
            if constexpr (Pass + 1 == order.passes) {
                using kernel = typename Run::template write_rows<Pass>;
                if (columns == 0 || n == 1 || !kernel::takes(columns)) return false;
                kernel::write(here, own, values, n, columns, layout.first_element + first * columns);
            } else {
                if (columns == 0 || columns > partition::span_size) return false;
                reduce_rows<Pass>(here, tensor, group, first, n, own, values, trees, around.follows);
            }
            return true;
        } else {
            return false;
        }
    }

    template <std::size_t Pass, class Trees>
    void reduce_rows(buffer_pointers<Plan> here, std::size_t tensor, std::size_t group, std::size_t first, std::size_t n,
                     const uniform_values<Plan, Pass, T>& given, std::array<const T*, row_uniforms<Plan, Pass>.size()> values, Trees& trees,
                     std::size_t follows) {
        using kernel = typename Run::template reduce_rows<Pass>;
        constexpr bool collects = [] {
            for (auto r : Plan::column_reductions)
                if (order.level[program[r].operands[0]] == static_cast<std::int16_t>(Pass)) return true;
            return false;
        }();
        const auto& layout = data_.layout(tensor);
        const auto columns = layout.shape.columns;
        double found[std::max<std::size_t>(reductions, 1)][block_rows];  // the part of each row in reductions over the tensor
        for (std::size_t done = 0, count = n; done < n; done += count) {
            const auto row = first + done;
            count = n - done;
            if constexpr (collects) count = std::min(count, line_layout::column_run - (row - group * layout.group_rows) % line_layout::column_run);
            typename kernel::row_results results{};
            std::size_t k = 0;
            of_plan::template for_each_made<Pass>([&]<std::size_t R>() {
                constexpr auto r = order.reductions[R];
                if constexpr (program[r].where == domain::row) results[k++] = &data_.row_result(Plan::place_in(Plan::row_reductions, r), layout, row);
                else results[k++] = found[R] + done;
            });
            kernel::run_rows(here, given, values, count, columns, layout.first_element + row * columns, follows + (n - done - count) * columns, results);
            if constexpr (collects) end_row<Pass>(tensor, group, row + count - 1);
            advance<Plan>(here, count * columns);
            for (auto& v : values) v += count;
        }
        of_plan::template for_each_made<Pass>([&]<std::size_t R>() {
            if constexpr (program[order.reductions[R]].where != domain::row)
                for (std::size_t row = 0; row < n; ++row) std::get<R>(trees).push(found[R][row]);
        });
    }

    template <std::size_t Walk, std::size_t Pass, class Step, class Trees>
    void run_row([[maybe_unused]] const Step& now, const buffer_pointers<Plan>& buffers, std::size_t tensor, std::size_t group, std::size_t row,
                 uniform_values<Plan, Pass, T>& given, Trees& trees) {
        const auto& layout = data_.layout(tensor);
        const auto columns = layout.shape.columns, from = row * columns;
        auto here = buffers;
        advance<Plan>(here, from);
        const auto set_columns = [&](std::size_t column) {
            if constexpr (Plan::has_matrices) now.self.matrices().place(given, tensor, from + column);
            data_.set_columns(given, tensor, group, column);
        };
        if constexpr (Pass + 1 == order.passes) {
            set_columns(0);
            executor_.template run<Pass>(here, given, columns, layout.first_element + from, nullptr);
        } else {
            double found[std::max<std::size_t>(reductions, 1)];
            auto of_row = of_plan::make_trees();
            const auto span = Run::in_pieces ? partition::span_size : columns;
            for (std::size_t at = 0; at < columns; at += span) {
                set_columns(at);
                executor_.template run<Pass>(here, given, std::min(span, columns - at), layout.first_element + from + at, found);
                advance<Plan>(here, span);
                of_plan::template for_each_made<Pass>([&]<std::size_t R>() {
                    if constexpr (program[order.reductions[R]].where == domain::row) std::get<R>(of_row).push(found[R]);
                    else std::get<R>(trees).push(found[R]);
                });
            }
            of_plan::template for_each_made<Pass>([&]<std::size_t R>() {
                constexpr auto r = order.reductions[R];
                if constexpr (program[r].where == domain::row)
                    data_.row_result(Plan::place_in(Plan::row_reductions, r), layout, row) = std::get<R>(of_row).result();
            });
        }
    }
};

}  // namespace furl::detail
