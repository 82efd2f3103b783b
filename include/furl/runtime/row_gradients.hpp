#pragma once

#include <furl/base/named_rows.hpp>
#include <furl/base/shape.hpp>
#include <furl/optimizer/row_indices.hpp>
#include <furl/print/rule_info.hpp>
#include <furl/print/type_name.hpp>
#include <furl/runtime/named_tensors.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

// Gradients of some rows, for optimizers whose rules are known only at run time.
namespace FURL_NAMESPACE {

namespace detail {

/// The indices of rows as a caller gives them.
class given_indices {
  public:
    bool may_repeat;  ///< whether a row that is named twice is no error: its gradients are added up

    template <RowIndices Indices>
    given_indices(const Indices& indices, bool repeat) : may_repeat(repeat) {
        if constexpr (name_rows<Indices>()) {
            are_signed_ = std::is_signed_v<std::ranges::range_value_t<const Indices>>;
            for (const auto i : indices) numbers_.push_back(static_cast<std::uint64_t>(i));
        }
    }

    /// Hands them over. Returns whether the table has them all; refuses them if not.
    bool give(std::size_t table_rows, row_indices& rows) const {
        if (!are_signed_) return rows.take(table_rows, numbers_);
        return rows.take(table_rows, std::span(reinterpret_cast<const std::int64_t*>(numbers_.data()), numbers_.size()));
    }

  private:
    std::vector<std::uint64_t> numbers_;
    bool are_signed_ = false;
};

}  // namespace detail

/// The gradients of some rows of a table, in a list of gradients. The other rows of the table, and their states, stay as they are.
///
/// `opt.step({table, w}, {furl::row_gradients(words, gradients_of_words), grad_w});`
///
/// @tparam T  the element type of the gradients.
/// Errors:  the step refuses it if the rule of the table cannot step rows alone (E50), if a row does not exist or is named twice, or
///          if a size does not fit.
template <class T>
class row_gradients : public gradient_data<T> {
  public:
    /// Refers to the gradients, and copies the indices.
    ///
    /// @param indices    the numbers of the rows: any range of integers, in any order.
    /// @param gradients  a row for each index, in the order of the indices, contiguous.
    template <detail::RowIndices Indices>
    row_gradients(const Indices& indices, gradient_data<T> gradients)
        : gradient_data<T>(gradients, std::make_shared<const detail::given_indices>(indices, false)) {}

    /// The rows may be named twice: the gradients of a row are added up first, in their order.
    template <detail::RowIndices Indices>
    row_gradients(sum_duplicates_t, const Indices& indices, gradient_data<T> gradients)
        : gradient_data<T>(gradients, std::make_shared<const detail::given_indices>(indices, true)) {}
};

/// Deduces T from the gradients.
template <class Indices, Tensor Gradients>
row_gradients(const Indices&, Gradients&&) -> row_gradients<std::remove_const_t<detail::tensor_element<Gradients>>>;
/// Deduces T from the gradients.
template <class Indices, Tensor Gradients>
row_gradients(sum_duplicates_t, const Indices&, Gradients&&) -> row_gradients<std::remove_const_t<detail::tensor_element<Gradients>>>;

namespace detail {

/// Returns whether rows can step alone by this rule; refuses the step if they cannot.
inline bool require_row_steps(const rule_info& info) {
    return info.joins_rows.empty() ||
           refuse("furl: rule '" + std::string(short_name(info.rule)) + "' has " + std::string(info.joins_rows) +
                  ", so rows cannot step alone; write per_row(...) for reductions, and furl::steps_per_row(update) for states that start with "
                  "each row. See docs/errors.md#E50");
}

/// The rows that a step names of one tensor.
template <class T>
class row_part {
  public:
    std::size_t tensor = 0;  ///< its number in the list of all tensors

    void begin(std::size_t number, const gradient_data<T>& gradients) {
        tensor = number;
        given_ = gradients.rows();
        gradients_ = gradients.values();
        sums_.clear();
    }

    /// Finds the rows of a table. Returns whether the table has them, and whether the rule can step them.
    bool take(furl::shape table, const rule_info& info) {
        if (!require_row_steps(info) || !given_->give(table.rows, rows_)) return false;
        length_ = table.columns;
        if (!given_->may_repeat) return rows_.are_distinct(table.rows);
        if (!info.inputs.empty())
            return refuse("furl: rule '" + std::string(short_name(info.rule)) + "' has an input, and sum_duplicates adds up only gradients; name "
                          "each row once");
        if (gradients_.size() == rows_.rows().size() * length_) rows_.template unite<std::conditional_t<std::is_same_v<T, double>, double, float>>(table, gradients_.data(), sums_);
        return true;  // other sizes are refused with those of the other tensors
    }

    /// The gradients of the rows that step, in their order.
    std::span<const T> gradients() const { return given_->may_repeat && !sums_.empty() ? std::span<const T>(sums_) : gradients_; }

    /// The number of their elements.
    std::size_t elements() const { return rows_.rows().size() * length_; }

    /// The rows, of a tensor that has this number in its optimizer.
    named_rows named(std::size_t number) const { return {number, rows_.rows(), length_}; }

    /// Returns whether the gradients are apart from these parameters; refuses them if they overlap. If gradients were added up, the step
    /// sees the sums, not the gradients that were given, so it cannot check this itself.
    bool require_apart(std::size_t number, std::span<const T> parameters) const {
        const std::less<const T*> before;
        const bool overlap = !sums_.empty() && !parameters.empty() && before(parameters.data(), gradients_.data() + gradients_.size()) &&
                             before(gradients_.data(), parameters.data() + parameters.size());
        return !overlap || refuse("furl: gradients of tensor " + std::to_string(tensor) + " overlap parameters of tensor " + std::to_string(number) +
                                  "; a step writes parameters, so they need memory of their own");
    }

    /// For a rule with zero_grad, which has set the sums to 0.
    void zero_gradients() const {
        if (!sums_.empty()) std::fill_n(const_cast<T*>(gradients_.data()), gradients_.size(), T{});
    }

  private:
    std::shared_ptr<const given_indices> given_;
    std::span<const T> gradients_;
    row_indices rows_;
    std::vector<T> sums_;
    std::size_t length_ = 0;
};

}  // namespace detail

}  // namespace furl
