#pragma once

#include <furl/base/shape.hpp>
#include <furl/execute/kernel.hpp>
#include <furl/execute/reduction_tree.hpp>
#include <furl/execute/scalar_states.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

// A line is a row or a column of a tensor. This header holds what lines have: states, results of reductions, other values.
namespace FURL_NAMESPACE::detail {

/// How the rows of a tensor are divided into groups. A thread takes whole groups. Each group has its own partial results, which are
/// combined in the order of the groups, so that they do not depend on the threads.
///
/// If an optimizer has only a share of the rows, which begins at a group, then its groups are some of those of the whole tensor.
struct line_layout {
    furl::shape shape{};           ///< what is here of the tensor
    std::size_t group_rows = 1;    ///< rows of a group
    std::size_t groups = 0;        ///< number of groups that are here
    std::size_t all_groups = 0;    ///< number of groups of the whole tensor
    std::size_t groups_before = 0; ///< how many groups of the tensor stand before those that are here
    std::size_t first_element = 0; ///< the number of the first element that is here
    std::size_t first_row = 0;     ///< how many rows the tensors before it have, with their padding
    std::size_t first_column = 0;  ///< the same for columns
    std::size_t first_partial = 0; ///< how many groups all shares together have before those of this tensor that are here

    static constexpr std::size_t column_run = 16;  ///< rows that a sum over columns adds up in the element type, before double

    static constexpr std::size_t padded(std::size_t n) { return (n + 31) / 16 * 16; }  // a vector may be read behind the last line

    /// @param here   what is here of a tensor.
    /// @param whole  the whole tensor.
    /// @param first  the number of the first element that is here.
    line_layout(furl::shape here, furl::shape whole, std::size_t first) : shape(here), first_element(first) {
        if (whole.rows == 0) return;
        group_rows = rows_of_group(whole);
        groups = (here.rows + group_rows - 1) / group_rows;
        all_groups = (whole.rows + group_rows - 1) / group_rows;
        if (whole.columns > 0) groups_before = first / whole.columns / group_rows;
    }

    static constexpr std::size_t rows_of_group(furl::shape s) {
        constexpr std::size_t least = std::size_t{1} << 18, most_groups = 32;
        const auto elements = std::max(least, s.size() / most_groups);
        const auto rows = std::max<std::size_t>(1, elements / std::max<std::size_t>(s.columns, 1));
        return (rows + column_run - 1) / column_run * column_run;
    }
};

template <class Plan, class T, class V>
class line_data {
    static constexpr const auto& program = Plan::program;
    using A = arithmetic<V>;

    static constexpr std::size_t count_states(domain where) {
        std::size_t n = 0;
        for (const auto& s : program.states) n += s.where == where;
        return n;
    }

  public:
    template <class Part>
    line_data(std::span<const furl::shape> shapes, const Part& share) {
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const auto s = shapes[i];
            line_layout layout = [&] {
                if constexpr (Part::is_whole) return line_layout(s, s, 0);
                else return line_layout(s, share.shapes()[i], share.first(i));
            }();
            layout.first_row = rows_, layout.first_column = columns_;
            layout.first_partial = all_groups_ + layout.groups_before;
            rows_ += line_layout::padded(s.rows), columns_ += line_layout::padded(s.columns), groups_ += layout.groups, all_groups_ += layout.all_groups;
            first_sum_.push_back(sums_ + layout.groups_before * line_layout::padded(s.columns));
            sums_ += layout.all_groups * line_layout::padded(s.columns);
            layouts_.push_back(layout);
        }
        row_states_.resize(count_states(domain::row) * rows_);
        column_states_.resize(count_states(domain::column) * columns_);
        row_results_.resize(Plan::row_reductions.size() * rows_);
        column_results_.resize(Plan::column_reductions.size() * columns_);
        column_values_.resize(Plan::column_values.size() * columns_);
        column_sums_.resize(Plan::column_reductions.size() * sums_);
        column_runs_.resize(column_sums_.size());
        reset();
    }

    std::size_t tensors() const { return layouts_.size(); }
    const line_layout& layout(std::size_t tensor) const { return layouts_[tensor]; }
    std::span<const line_layout> layouts() const { return layouts_; }
    std::size_t groups() const { return groups_; }
    std::size_t all_groups() const { return all_groups_; }

    /// The place of a tensor's group among the groups of all shares together, and of its sums among those of each reduction over
    /// columns. The group is counted in the whole tensor.
    std::size_t partial_of(std::size_t tensor, std::size_t group) const { return layouts_[tensor].first_partial - layouts_[tensor].groups_before + group; }
    std::size_t sums_of(std::size_t tensor, std::size_t group) const { return sum_place(0, tensor, group - layouts_[tensor].groups_before); }
    std::size_t all_sums() const { return sums_; }
    /// The sums of the k-th reduction over columns, for all groups of all shares together.
    std::span<double> column_sums(std::size_t k) { return std::span(column_sums_).subspan(k * sums_, sums_); }

    /// Sets all states to their values before the first step.
    void reset() {
        for (std::size_t i = 0; i < program.states.size(); ++i) {
            const auto& s = program.states[i];
            const auto value = static_cast<T>(scalar_states<Plan>::initial_value(s));
            if (s.where == domain::row) std::fill_n(row_states_.begin() + static_cast<std::ptrdiff_t>(place(i) * rows_), rows_, value);
            if (s.where == domain::column) std::fill_n(column_states_.begin() + static_cast<std::ptrdiff_t>(place(i) * columns_), columns_, value);
        }
    }

    /// The values of a state in a tensor. `state` is its place in the program's table.
    std::span<T> state(std::size_t state, std::size_t tensor) {
        const auto values = std::as_const(*this).state(state, tensor);
        return {const_cast<T*>(values.data()), values.size()};
    }
    std::span<const T> state(std::size_t state, std::size_t tensor) const {
        if (tensor >= layouts_.size()) return {};  // moved from
        const auto& layout = layouts_[tensor];
        if (program.states[state].where == domain::row)
            return {row_states_.data() + place(state) * rows_ + layout.first_row, layout.shape.rows};
        return {column_states_.data() + place(state) * columns_ + layout.first_column, layout.shape.columns};
    }

    /// The result of the k-th reduction over rows of the plan, for a row of a tensor.
    double& row_result(std::size_t k, const line_layout& layout, std::size_t row) { return row_results_[k * rows_ + layout.first_row + row]; }

    /// Sets where a pass over a piece of a row, which begins at a column, reads the values of its columns and adds to the partial
    /// results of its group.
    template <class Uniforms>
    void set_columns(Uniforms& given, std::size_t tensor, std::size_t group, std::size_t column) {
        for (std::size_t k = 0; k < given.columns.size(); ++k)
            given.columns[k] = column_values_.data() + k * columns_ + layouts_[tensor].first_column + column;
        for (std::size_t k = 0; k < given.column_partials.size(); ++k) given.column_partials[k] = column_run(k, tensor, group) + column;
    }

    /// The partial results of a group for the k-th reduction over columns: of the current run of rows, and of all runs before it.
    T* column_run(std::size_t k, std::size_t tensor, std::size_t group) { return column_runs_.data() + sum_place(k, tensor, group); }
    double* column_sum(std::size_t k, std::size_t tensor, std::size_t group) { return column_sums_.data() + sum_place(k, tensor, group); }

    /// Sets the partial results of a group to 0, where sums and maxima of magnitudes start.
    void begin_columns(std::size_t k, std::size_t tensor, std::size_t group) {
        const auto n = line_layout::padded(layouts_[tensor].shape.columns);
        std::fill_n(column_run(k, tensor, group), n, T{0});
        std::fill_n(column_sum(k, tensor, group), n, 0.0);
    }

    /// Combines the current run of rows with all before it, and begins the next.
    template <std::size_t K>
    void end_run(std::size_t tensor, std::size_t group) {
        constexpr combining<program[Plan::column_reductions[K]].code> combine{};
        const auto n = layouts_[tensor].shape.columns;
        T* const run = column_run(K, tensor, group);
        double* const sum = column_sum(K, tensor, group);
        for (std::size_t j = 0; j < n; j += A::width)  // the last vector may go on into the padding
            A::store(sum + j, combine(A::load(sum + j), load(run + j)));
        std::fill_n(run, n, T{0});
    }

    /// Combines the partial results of the groups of a tensor, pairwise.
    template <std::size_t K>
    void combine_columns(std::size_t tensor) {
        constexpr combining<program[Plan::column_reductions[K]].code> combine{};
        const auto& layout = layouts_[tensor];
        const auto n = layout.shape.columns;
        double* const result = column_results_.data() + K * columns_ + layout.first_column;
        if (layout.all_groups == 0) return static_cast<void>(std::fill_n(result, n, 0.0));
        const auto sum = [&](std::size_t g) { return column_sums_.data() + K * sums_ + sums_of(tensor, g); };
        for (std::size_t step = 1; step < layout.all_groups; step *= 2)
            for (std::size_t g = 0; g + step < layout.all_groups; g += 2 * step) {
                double *const a = sum(g), *const b = sum(g + step);
                for (std::size_t j = 0; j < n; ++j) a[j] = combine(a[j], b[j]);
            }
        std::copy_n(sum(0), n, result);
    }

    /// Evaluates the values of n rows that a pass needs, from row `first` on. Calls visit(I, row, values, valid) for each
    /// instruction I and each vector of rows: `row` counts from 0, and only the first `valid` values are those of rows.
    template <std::size_t Pass, class Visit>
    void evaluate_rows(std::size_t tensor, std::size_t first, std::size_t n, const registers<Plan, V>& scalars, Visit visit) {
        evaluate_lines<domain::row, row_list<Pass>>(layouts_[tensor].first_row + first, n, scalars, row_states_.data(), rows_, row_results_.data(), visit);
    }

    /// Does the same for rows that lie anywhere in the table, at most most_named of them. `row` is then the place in `named`.
    static constexpr std::size_t most_named = 64;
    template <std::size_t Pass, class Visit>
    void evaluate_named_rows(std::size_t tensor, std::span<const std::size_t> named, const registers<Plan, V>& scalars, Visit visit) {
        constexpr auto stride = line_layout::padded(most_named);
        T states[std::max<std::size_t>(count_states(domain::row), 1)][stride]{};
        double results[std::max<std::size_t>(Plan::row_reductions.size(), 1)][stride]{};
        const auto first = layouts_[tensor].first_row;
        for (std::size_t k = 0; k < count_states(domain::row); ++k)
            for (std::size_t i = 0; i < named.size(); ++i) states[k][i] = row_states_[k * rows_ + first + named[i]];
        for (std::size_t k = 0; k < Plan::row_reductions.size(); ++k)
            for (std::size_t i = 0; i < named.size(); ++i) results[k][i] = row_results_[k * rows_ + first + named[i]];
        evaluate_lines<domain::row, row_list<Pass>>(0, named.size(), scalars, states[0], stride, results[0], visit);
    }

    /// Evaluates the values of all columns that a walk needs, and keeps those that its passes read for each element.
    template <std::size_t Pass, class Visit>
    void evaluate_columns(std::size_t tensor, const registers<Plan, V>& scalars, Visit visit) {
        const auto& layout = layouts_[tensor];
        const auto n = layout.shape.columns;
        evaluate_lines<domain::column, column_list<Pass>>(
            layout.first_column, n, scalars, column_states_.data(), columns_, column_results_.data(),
            [&]<std::int16_t I>(std::integral_constant<std::int16_t, I> which, std::size_t column, V value, std::size_t valid) {
                if constexpr (is_read_by_elements(I))
                    store(column_values_.data() + Plan::place_in(Plan::column_values, I) * columns_ + layout.first_column + column, value);
                visit(which, column, value, valid);
            });
        // A vector may be read behind the last column. The padding repeats the last value, because a rule may divide by it.
        for (std::size_t k = 0; k < Plan::column_values.size() && n > 0; ++k) {
            T* const values = column_values_.data() + k * columns_ + layout.first_column;
            std::fill(values + n, values + line_layout::padded(n), values[n - 1]);
        }
    }

    /// Stores a vector of doubles as elements.
    static FURL_INLINE void store(T* to, V x) { A::template store_as<T>(reinterpret_cast<std::byte*>(to), x); }
    static FURL_INLINE V load(const T* from) { return A::template load_as<T>(reinterpret_cast<const std::byte*>(from)); }

    /// Calls visit(state) for each state of lines whose new value is instruction I.
    template <std::int16_t I, domain Where, class Visit>
    static void for_each_state(Visit visit) {
        [&]<std::size_t... S>(std::index_sequence<S...>) {
            (
                [&] {
                    if constexpr (program.states[S].where == Where && program.states[S].next == I) visit(S);
                }(),
                ...);
        }(std::make_index_sequence<program.states.size()>{});
    }

    /// Keeps the new value of a state of n rows or columns.
    template <std::int16_t I, domain Where>
    void keep(std::size_t tensor, std::size_t line, V value, std::size_t n) {
        for_each_state<I, Where>([&](std::size_t s) {
            T* const to = state(s, tensor).data() + line;
            if (n == A::width) return store(to, value);
            T values[A::width];
            store(values, value);
            std::copy_n(values, n, to);
        });
    }

    /// Does the same for states whose new value is the same for all rows or columns.
    template <domain Where>
    void keep_shared(std::size_t tensor, std::size_t first, std::size_t n, const registers<Plan, double>& values) {
        [&]<std::size_t... S>(std::index_sequence<S...>) {
            (
                [&] {
                    constexpr const auto& s = program.states[S];
                    if constexpr (s.where == Where && is_within(program[s.next].where, domain::tensor))
                        std::ranges::fill(state(S, tensor).subspan(first, n), static_cast<T>(values.value[s.next]));
                }(),
                ...);
        }(std::make_index_sequence<program.states.size()>{});
    }

  private:
    std::vector<line_layout> layouts_;
    std::vector<std::size_t> first_sum_;
    std::size_t rows_ = 0, columns_ = 0, groups_ = 0, all_groups_ = 0, sums_ = 0;  // sizes of the vectors below, for all tensors
    std::vector<T> row_states_, column_states_, column_values_, column_runs_;
    std::vector<double> row_results_, column_results_, column_sums_;

    // The place of a state among those of its domain.
    static constexpr std::size_t place(std::size_t state) {
        std::size_t n = 0;
        for (std::size_t i = 0; i < state; ++i) n += program.states[i].where == program.states[state].where;
        return n;
    }

    std::size_t sum_place(std::size_t k, std::size_t tensor, std::size_t group) const {
        return k * sums_ + first_sum_[tensor] + group * line_layout::padded(layouts_[tensor].shape.columns);
    }

    static constexpr bool is_read_by_elements(std::int16_t i) {
        for (auto k : Plan::column_values)
            if (k == i) return true;
        return false;
    }

    template <std::size_t Pass>
    struct row_list {
        static constexpr const auto& values = Plan::order.rows[Pass];
    };
    template <std::size_t Pass>
    struct column_list {
        static constexpr const auto& values = Plan::order.columns[Pass];
    };

    // Gives the evaluator what the values of a vector of lines read: old states, and results of reductions.
    struct leaves {
        const T* states;
        std::size_t stride;  // the distance from one state to the next, and from one reduction to the next
        const double* results;
        std::size_t line;

        template <std::int16_t I>
        V get() const {
            constexpr auto x = program[I];
            if constexpr (x.code == op::previous) {
                return line_data::load(states + place(static_cast<std::size_t>(x.slot)) * stride + line);
            } else {
                constexpr auto k = Plan::place_in(x.where == domain::row ? Plan::row_reductions : Plan::column_reductions, I);
                return A::load(results + k * stride + line);
            }
        }
        template <std::int16_t I>
        V draw() const = delete;
    };

    template <domain Where, class List, class Visit>
    void evaluate_lines(std::size_t first, std::size_t n, const registers<Plan, V>& scalars, const T* states, std::size_t stride,
                        const double* results, Visit visit) {
        for (std::size_t i = 0; i < n; i += A::width) {
            registers<Plan, V> r;
            evaluate_list<Plan, List, Where>(r, scalars, leaves{states, stride, results, first + i});
            const auto valid = std::min(n - i, A::width);
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (
                    [&] {
                        constexpr auto x = List::values[K];
                        constexpr std::integral_constant<std::int16_t, x> which{};
                        if constexpr (info(program[x].code).is_condition) visit(which, i, A::select(r.truth[x], A::broadcast(1), A::broadcast(0)), valid);
                        else visit(which, i, r.value[x], valid);
                    }(),
                    ...);
            }(std::make_index_sequence<List::values.size()>{});
        }
    }
};

}  // namespace furl::detail
