#pragma once

#include <furl/memory/step_data.hpp>
#include <furl/optimizer/named_values.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// The types of the arguments of a step whose optimizer type is hidden.
namespace FURL_NAMESPACE {

/// An input that is named at run time: one tensor, a list of tensors, or one number for the step (furl::step_input).
template <class T>
class named_tensors {
  public:
    /// Binds data, or a number, to the name of an input.
    template <class X>
    named_tensors(std::string_view name, const X& data) : name_(name) {
        if constexpr (Number<X>) number_ = static_cast<double>(data);
        else if constexpr (detail::data_fits<detail::elements_of<T>, false, std::span<T>, X>()) {
            if (!detail::require_layout(name, 0, data, data)) return;  // without tensors the step is refused
            detail::for_each_tensor(data, [&](std::size_t, const T* p, std::size_t n) { tensors_.emplace_back(p, n); });
            if constexpr (detail::HasLayout<const detail::tensor_of_t<const X>>)
                for (auto&& one : detail::as_list(data)) layouts_.push_back(detail::layout_of(one));
        }
    }

    /// Converts to the type that a step takes.
    operator named_data<T>() const { return {name_, tensors_, number_}; }  // NOLINT(google-explicit-constructor)

    /// Tells whether its matrices have the same layout as the parameters that they belong to.
    template <class Parameters>
    bool require_layout_of(Parameters& parameters) const {
        return detail::require_layout(name_, 0, layouts_, parameters);
    }

  private:
    std::string_view name_;
    std::vector<std::span<const T>> tensors_;
    std::optional<double> number_;
    std::vector<detail::matrix_layout> layouts_;  // of the matrices in the data
};

namespace detail {

class given_indices;

}  // namespace detail

/// The gradients of one tensor, from any contiguous range, or of some of its rows (furl::row_gradients). It remembers whether they
/// are const, since a rule with zero_grad writes them.
template <class T>
class gradient_data {
  public:
    /// The tensor has no gradient.
    gradient_data() = default;
    /// Refers to the gradients in a vector, span or array.
    template <class X>
        requires std::ranges::contiguous_range<std::remove_reference_t<X>> && std::ranges::sized_range<std::remove_reference_t<X>> &&
                 std::same_as<std::remove_const_t<detail::tensor_element<std::remove_reference_t<X>>>, T>
    gradient_data(X&& x)  // NOLINT(google-explicit-constructor)
        : values_(std::ranges::data(x), std::ranges::size(x)),
          is_const_(std::is_const_v<detail::tensor_element<std::remove_reference_t<X>>>) {}

    /// The gradients.
    std::span<const T> values() const { return values_; }
    /// The rows that they are of; null if they are of the whole tensor.
    const std::shared_ptr<const detail::given_indices>& rows() const { return rows_; }
    /// Tells whether they are const. A tensor without a gradient counts as writable.
    bool is_const() const { return is_const_ && !values_.empty(); }

  protected:
    /// Makes the gradients of these rows.
    gradient_data(const gradient_data& other, std::shared_ptr<const detail::given_indices> rows) : gradient_data(other) { rows_ = std::move(rows); }

  private:
    std::span<const T> values_;
    bool is_const_ = false;
    std::shared_ptr<const detail::given_indices> rows_;
};

namespace detail {

/// Whether a step can write these gradients, which are one tensor or a list of tensors.
template <class Gradients>
inline constexpr bool are_writable = !std::is_const_v<typename element_of<std::remove_reference_t<Gradients>>::type>;

}  // namespace detail

}  // namespace furl
