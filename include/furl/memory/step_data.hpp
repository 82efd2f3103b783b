#pragma once

#include <furl/base/error.hpp>
#include <furl/base/name.hpp>
#include <furl/base/narrow_float.hpp>
#include <furl/language/leaves.hpp>
#include <furl/memory/tensors.hpp>

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace FURL_NAMESPACE {

namespace detail {

/// What is wrong with the data that a step is given.
enum class data_fault { none, not_contiguous, other_type, read_only, temporary, read_only_gradients, other_order };

// A container that owns its elements, unlike a view.
template <class X>
concept Owner = requires { typename X::allocator_type; } || requires { std::tuple_size<X>::value; } ||
                requires { requires std::same_as<typename X::PlainObject, X>; };

// Whether the values that a step writes to an argument Parameters&& are lost after it.
template <class Parameters>
inline constexpr bool is_lost = [] {
    using X = std::remove_reference_t<Parameters>;
    constexpr bool temporary = !std::is_lvalue_reference_v<Parameters>;
    if constexpr (TensorList<X>) {
        using tensor = std::ranges::range_reference_t<X>;
        return Owner<std::remove_cvref_t<tensor>> && (!std::is_reference_v<tensor> || (temporary && Owner<X>));
    } else {
        return temporary && Owner<X>;
    }
}();

template <class X>
struct tensor_of {
    using type = X;
};
template <TensorList X>
struct tensor_of<X> {
    using type = std::remove_cvref_t<std::ranges::range_reference_t<X>>;
};
template <class X>
using tensor_of_t = std::remove_cv_t<typename tensor_of<std::remove_reference_t<X>>::type>;

// Whether the types of two matrices say that one lies row by row and the other column by column.
template <class X, class Y>
inline constexpr bool orders_differ = order_of<tensor_of_t<X>> != order_of<tensor_of_t<Y>> &&
                                      order_of<tensor_of_t<X>> != storage_order::unknown &&
                                      order_of<tensor_of_t<Y>> != storage_order::unknown;

// T is the element type of the stream. For parameters, X is what a forwarding reference deduces.
template <class T, class X, bool Written>
inline constexpr data_fault fault_of = [] {
    using element = typename element_of<std::remove_reference_t<X>>::type;
    if constexpr (std::is_void_v<X>) {
        return data_fault::none;  // the data of a number
    } else if constexpr (std::is_void_v<element>) {
        return data_fault::not_contiguous;
    } else {
        if (has_known_gaps<tensor_of_t<X>>) return data_fault::not_contiguous;
        if (!holds<std::remove_const_t<element>, T> || sizeof(element) != sizeof(T)) return data_fault::other_type;
        if (!Written) return data_fault::none;
        if (std::is_const_v<element>) return data_fault::read_only;
        return is_lost<X> ? data_fault::temporary : data_fault::none;
    }
}();

/// Calls visit(name, data) for each input that has data, as long as it returns true. Returns whether it always did.
template <class Visit, InputBinding... Inputs>
bool for_each_data([[maybe_unused]] Visit visit, const Inputs&... inputs) {
    [[maybe_unused]] const auto visit_data = [&]<class Input>(const Input& given) {
        if constexpr (is_data_binding<Input>) return visit(name_text<typename Input::name>, given.data);
        else return true;
    };
    return (visit_data(inputs) && ...);
}

// The data of an input. That of a number is void.
template <class Binding>
struct bound_data_of {
    using type = void;
};
template <class Name, class Data>
struct bound_data_of<input_binding<Name, Data>> {
    using type = Data;
};
template <class Binding>
using bound_data = typename bound_data_of<Binding>::type;

/// The text of error E39, for where it is found at run time.
inline constexpr std::string_view const_gradients =
    "furl[E39]: the gradients are const, and the rule writes them: zero_grad(update). See docs/errors.md#E39";

/// The element types of streams that all have elements of type T.
template <class T>
struct elements_of {
    using parameter = T;
    using gradient = T;
    template <class Binding>
    using input = T;
};

// Elements has the element types of the streams, as elements_of does. Inputs are bindings.
template <class Elements, bool WritesGradients, class Parameters, class Gradients, class... Inputs>
inline constexpr data_fault first_fault = [] {
    auto gradients = fault_of<typename Elements::gradient, Gradients, WritesGradients>;
    if (gradients == data_fault::read_only) gradients = data_fault::read_only_gradients;
    if (gradients == data_fault::temporary) gradients = data_fault::none;  // only zeros are lost
    auto result = data_fault::none;
    for (auto fault : {fault_of<typename Elements::parameter, Parameters, true>, gradients,
                       fault_of<typename Elements::template input<Inputs>, bound_data<Inputs>, false>...})
        if (result == data_fault::none) result = fault;
    if (result == data_fault::none && (orders_differ<Parameters, Gradients> || ... || orders_differ<Parameters, bound_data<Inputs>>))
        return data_fault::other_order;
    return result;
}();

/// Whether parameters, gradients and bindings of inputs of these types fit streams of these elements: errors E15, E16, E19, E38,
/// E39 and E43.
template <class Elements, bool WritesGradients, class Parameters, class Gradients, class... Inputs>
constexpr bool data_fits() {
    constexpr auto fault = first_fault<Elements, WritesGradients, Parameters, Gradients, Inputs...>;
    static_assert(fault != data_fault::not_contiguous,
                  "furl[E15]: a step takes data that is contiguous by its type: a vector, span, array, an Eigen or "
                  "Armadillo matrix, but no row, block or diagonal of one; or a range of such; give other memory as "
                  "std::span(pointer, size). See docs/errors.md#E15");
    static_assert(fault != data_fault::other_order,
                  "furl[E43]: one matrix lies row by row, another column by column, so a step would pair the wrong "
                  "elements; give parameters, gradients and inputs one storage order. See docs/errors.md#E43");
    static_assert(fault != data_fault::other_type,
                  "furl[E16]: the data has another element type than the optimizer; use "
                  "furl::optimizer<my_rule, double> for double, and furl::storage for others. See docs/errors.md#E16");
    static_assert(fault != data_fault::read_only,
                  "furl[E19]: the parameters are const, and a step writes them. See docs/errors.md#E19");
    static_assert(fault != data_fault::temporary,
                  "furl[E38]: the parameters are a temporary, and what a step writes would be gone with it; give "
                  "it a variable, or a span. See docs/errors.md#E38");
    static_assert(fault != data_fault::read_only_gradients,
                  "furl[E39]: the gradients are const, and the rule writes them: zero_grad(update). "
                  "See docs/errors.md#E39");
    return fault == data_fault::none;
}

// Returns a list as it is, and a tensor as a list of one.
template <class X>
constexpr auto&& as_list(X&& x) {
    return x;
}
template <class X>
    requires Tensor<std::remove_reference_t<X>>
constexpr auto as_list(X&& x) {
    return std::span<std::remove_reference_t<X>, 1>(&x, 1);
}

/// Whether the matrices of X are contiguous and have the layout of the parameters beside them; refuses them if not. Data without
/// a layout needs no check, and then this is no code.
///
/// @param what   what x is: parameters, gradients, or the name of an input.
/// @param first  the number of the first tensor.
template <class X, class Parameters>
bool require_layout(std::string_view what, std::size_t first, X& x, Parameters& parameters) {
    auto&& list = as_list(x);
    if constexpr (HasLayout<std::remove_reference_t<std::ranges::range_reference_t<decltype(list)>>>) {
        auto&& others = as_list(parameters);
        auto beside = std::ranges::begin(others);
        const auto refuse_this = [&](const std::string& why) {
            return refuse("furl: tensor " + std::to_string(first) + ": '" + std::string(what) + "' is " + why);
        };
        for (auto&& one : list) {
            const auto layout = layout_of(one);
            if (!layout.is_contiguous())
                return refuse_this("a part of a matrix that is not contiguous: " + layout.text() + ", with strides " +
                                   std::to_string(layout.inner) + " and " + std::to_string(layout.outer) +
                                   "; step the whole matrix, or a copy");
            if constexpr (HasLayout<std::remove_reference_t<std::ranges::range_reference_t<decltype(others)>>>) {
                if (beside != std::ranges::end(others)) {
                    if (const auto expected = layout_of(*beside); !layout.matches(expected))
                        return refuse_this(layout.text() + ", expected " + expected.text() + " as the parameters");
                    ++beside;
                }
            }
            ++first;
        }
    }
    return true;
}

/// Checks the same for all data of a step.
template <class Parameters, class Gradients, class... Inputs>
bool require_layouts(std::size_t first, Parameters& parameters, Gradients& gradients, const Inputs&... inputs) {
    return require_layout("parameters", first, parameters, parameters) && require_layout("gradients", first, gradients, parameters) &&
           for_each_data([&](std::string_view name, auto& data) { return require_layout(name, first, data, parameters); }, inputs...);
}

/// Returns true if the matrices of X have these shapes and lie row by row; refuses them if not. Data without a layout passes. A shape
/// without elements stands for a tensor whose shape does not matter.
template <class X>
bool require_rows(std::string_view what, std::size_t first, std::span<const furl::shape> shapes, X& x) {
    auto&& list = as_list(x);
    if constexpr (HasLayout<std::remove_reference_t<std::ranges::range_reference_t<decltype(list)>>>) {
        for (auto&& one : list) {
            if (first >= shapes.size()) return true;  // the number of tensors is refused elsewhere
            const auto layout = layout_of(one);
            const auto wanted = shapes[first];
            const bool is_vector = layout.rows <= 1 || layout.columns <= 1;
            const bool fits = layout.by_rows && std::cmp_equal(layout.rows, wanted.rows) && std::cmp_equal(layout.columns, wanted.columns);
            if (!is_vector && !fits && wanted.size() > 0)
                return refuse("furl: tensor " + std::to_string(first) + ": '" + std::string(what) + "' is " + layout.text() + ", expected " +
                              std::to_string(wanted.rows) + " x " + std::to_string(wanted.columns) + " row by row, because the step goes by rows");
            ++first;
        }
    }
    return true;
}

}  // namespace detail

}  // namespace furl
