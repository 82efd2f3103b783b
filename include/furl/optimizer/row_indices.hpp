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

/// Whether indices of this type can name rows; if not, error E50.
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
        begin_marks(table_rows);
        for (std::size_t k = 0; k < rows_.size(); ++k) {
            if (is_marked(rows_[k]))
                return refuse("furl: row " + std::to_string(rows_[k]) + " is named twice, at places " + std::to_string(place_of(rows_[k])) +
                              " and " + std::to_string(k) + "; add its gradients up, or call step_rows(furl::sum_duplicates, indices, ...)");
            mark(rows_[k], k);
        }
        return true;
    }

    /// Keeps each row once, in the order in which rows were first named, and adds up the gradients of those that are named again, in
    /// their order. There is a row of gradients for each index, and afterwards a row of sums for each row that is kept.
    ///
    /// @tparam T  the type that a step computes in. Sums are rounded to it, and then to their own type.
    template <class T, class Element>
    void unite(furl::shape table, const Element* gradients, std::vector<Element>& sums) {
        begin_marks(table.rows);
        const auto length = table.columns;
        sums.resize(rows_.size() * length);
        std::size_t distinct = 0;
        for (std::size_t k = 0; k < rows_.size(); ++k) {
            const auto row = rows_[k];
            const auto* const from = gradients + k * length;
            if (is_marked(row)) {
                auto* const to = sums.data() + place_of(row) * length;
                for (std::size_t j = 0; j < length; ++j)
                    to[j] = static_cast<Element>(static_cast<T>(static_cast<double>(to[j]) + static_cast<double>(from[j])));
            } else {
                mark(row, distinct);
                std::copy_n(from, length, sums.data() + distinct * length);
                rows_[distinct++] = row;
            }
        }
        rows_.resize(distinct);
        sums.resize(distinct * length);
    }

  private:
    std::vector<std::size_t> rows_;
    std::vector<std::uint64_t> marks_;  // for each row of the largest table: the last call that named it, and its place there
    std::uint32_t call_ = 0;

    bool is_increasing() const {
        for (std::size_t k = 1; k < rows_.size(); ++k)
            if (rows_[k] <= rows_[k - 1]) return false;
        return true;
    }

    // Marks of earlier calls have other numbers, so marks are cleared only when the numbers start again.
    void begin_marks(std::size_t table_rows) {
        if (marks_.size() < table_rows) marks_.resize(table_rows);
        if (++call_ == 0) {
            std::ranges::fill(marks_, std::uint64_t{0});
            call_ = 1;
        }
    }
    bool is_marked(std::size_t row) const { return marks_[row] >> 32 == call_; }
    std::size_t place_of(std::size_t row) const { return static_cast<std::uint32_t>(marks_[row]); }
    void mark(std::size_t row, std::size_t place) { marks_[row] = std::uint64_t{call_} << 32 | static_cast<std::uint32_t>(place); }
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
