#pragma once

#include <furl/base/error.hpp>
#include <furl/base/shape.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace FURL_NAMESPACE {

/// Allows rows to be named twice, and adds up their gradients first: `opt.step_rows(furl::sum_duplicates, indices, w, g)`.
struct sum_duplicates_t {};
inline constexpr sum_duplicates_t sum_duplicates{};

namespace detail {

/// The indices of rows: any range of integers.
template <class X>
concept RowIndices = std::ranges::forward_range<const X> && std::integral<std::ranges::range_value_t<const X>>;

/// Returns whether indices of this type can name rows. If they cannot, it is error E50.
template <class Indices>
constexpr bool name_rows() {
    constexpr bool are_numbers = !std::is_same_v<std::ranges::range_value_t<const Indices>, bool>;
    static_assert(are_numbers, "furl[E50]: the indices are a mask of true and false; give the numbers of the rows. See docs/errors.md#E50");
    return are_numbers;
}

/// The numbers of the rows of a step. It finds rows that do not exist and rows that are named twice, in a time that grows with the
/// number of rows named.
class row_indices {
  public:
    /// Takes the indices of rows. Returns whether the table has them all; refuses them if not.
    template <RowIndices X>
    bool take(std::size_t table_rows, const X& indices) {
        rows_.clear();
        for (const std::ranges::range_value_t<const X> i : indices) {
            bool is_row = static_cast<std::uint64_t>(i) < table_rows;
            if constexpr (std::is_signed_v<std::ranges::range_value_t<const X>>) is_row = is_row && i >= 0;
            if (!is_row)
                return refuse("furl: index " + std::to_string(i) + ", at place " + std::to_string(rows_.size()) + ", is no row of the table, which has " +
                              std::to_string(table_rows));
            rows_.push_back(static_cast<std::size_t>(i));
        }
        return true;
    }

    const std::vector<std::size_t>& rows() const { return rows_; }

    /// Returns whether no row is named twice; refuses the rows if one is.
    bool are_distinct(std::size_t table_rows) {
        if (is_increasing()) return true;
        make_room(table_rows);
        std::size_t distinct = 0;
        while (distinct < rows_.size() && mark(rows_[distinct])) ++distinct;
        clear_marks(distinct);
        if (distinct == rows_.size()) return true;
        const auto first = std::ranges::find(rows_, rows_[distinct]) - rows_.begin();
        return refuse("furl: row " + std::to_string(rows_[distinct]) + " is named twice, at places " + std::to_string(first) + " and " +
                      std::to_string(distinct) + "; add its gradients up, or call step_rows(furl::sum_duplicates, indices, ...)");
    }

    /// Keeps each row once, in the order in which rows were first named, and adds up the gradients of those that are named again, in
    /// their order. There is a row of gradients for each index, and afterwards a row of sums for each row that is kept.
    ///
    /// @tparam T  the type that a step computes in. Sums are rounded to it, and then to their own type.
    template <class T, class Element>
    void unite(furl::shape table, const Element* gradients, std::vector<Element>& sums) {
        make_room(table.rows);
        place_.resize(std::max(place_.size(), table.rows));
        const auto length = table.columns;
        sums.resize(rows_.size() * length);
        std::size_t distinct = 0;
        for (std::size_t k = 0; k < rows_.size(); ++k) {
            const auto row = rows_[k];
            const auto* const from = gradients + k * length;
            if (mark(row)) {
                std::copy_n(from, length, sums.data() + distinct * length);
                place_[row] = static_cast<std::uint32_t>(distinct);
                rows_[distinct++] = row;
            } else {
                auto* const to = sums.data() + place_[row] * length;
                for (std::size_t j = 0; j < length; ++j)
                    to[j] = static_cast<Element>(static_cast<T>(static_cast<double>(to[j]) + static_cast<double>(from[j])));
            }
        }
        clear_marks(distinct);
        rows_.resize(distinct);
        sums.resize(distinct * length);
    }

  private:
    std::vector<std::size_t> rows_;
    // A bit for each row of the largest table, all 0 between two calls: so few bytes that they stay in cache, because rows that are
    // named at random are a cache miss each.
    std::vector<std::uint64_t> marks_;
    std::vector<std::uint32_t> place_;  // where the sum of a marked row is

    bool is_increasing() const {
        for (std::size_t k = 1; k < rows_.size(); ++k)
            if (rows_[k] <= rows_[k - 1]) return false;
        return true;
    }

    void make_room(std::size_t table_rows) { marks_.resize(std::max(marks_.size(), (table_rows + 63) / 64)); }
    // Marks a row. Returns whether it was not marked before.
    bool mark(std::size_t row) {
        const auto bit = std::uint64_t{1} << row % 64;
        const bool is_new = !(marks_[row / 64] & bit);
        marks_[row / 64] |= bit;
        return is_new;
    }
    // Takes back the marks of the first rows.
    void clear_marks(std::size_t count) {
        for (std::size_t k = 0; k < count; ++k) marks_[rows_[k] / 64] = 0;
    }
};

/// Whether no block of a format reaches over the end of a row of this length; refuses the length if one does.
template <class Plan>
bool require_block_rows(std::size_t length) {
    return Plan::block == 1 || length % Plan::block == 0 ||
           refuse("furl: rows have " + std::to_string(length) + " elements, and a state is stored in blocks of " + std::to_string(Plan::block) +
                  "; rows need whole blocks");
}

}  // namespace detail

}  // namespace furl
