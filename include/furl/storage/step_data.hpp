#pragma once

#include <furl/base/narrow_float.hpp>
#include <furl/storage/tensors.hpp>

#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace furl {

namespace detail {

/// What is wrong with data of type X as a stream of T.
enum class data_fault { none, not_contiguous, other_type, read_only, temporary, read_only_gradients };

// A container, whose elements end with it; not a view.
template <class X>
concept Owner = requires { typename X::allocator_type; } || requires { std::tuple_size<X>::value; };

// Whether what a step writes to an argument Parameters&& is gone after it.
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

// T: the element type of the stream. X: for parameters, as a forwarding reference deduces it.
template <class T, class X, bool Written>
inline constexpr data_fault fault_of = [] {
    using element = typename element_of<std::remove_reference_t<X>>::type;
    if constexpr (std::is_void_v<element>) {
        return data_fault::not_contiguous;
    } else {
        if (!holds<std::remove_const_t<element>, T> || sizeof(element) != sizeof(T)) return data_fault::other_type;
        if (!Written) return data_fault::none;
        if (std::is_const_v<element>) return data_fault::read_only;
        return is_lost<X> ? data_fault::temporary : data_fault::none;
    }
}();

template <class Binding>
using bound_data = std::remove_reference_t<decltype(Binding::data)>;

/// Error E39, where it is found at run time.
inline constexpr std::string_view const_gradients =
    "furl[E39]: the gradients are const, and the rule writes them: zero_grad(update). See docs/errors.md#E39";

/// All streams of elements T.
template <class T>
struct elements_of {
    using parameter = T;
    using gradient = T;
    template <class Binding>
    using input = T;
};

// Elements: the types of the streams' elements, as of elements_of. Inputs: bindings.
template <class Elements, bool WritesGradients, class Parameters, class Gradients, class... Inputs>
inline constexpr data_fault first_fault = [] {
    auto gradients = fault_of<typename Elements::gradient, Gradients, WritesGradients>;
    if (gradients == data_fault::read_only) gradients = data_fault::read_only_gradients;
    if (gradients == data_fault::temporary) gradients = data_fault::none;  // what is lost is 0
    auto result = data_fault::none;
    for (auto fault : {fault_of<typename Elements::parameter, Parameters, true>, gradients,
                       fault_of<typename Elements::template input<Inputs>, bound_data<Inputs>, false>...})
        if (result == data_fault::none) result = fault;
    return result;
}();

/// Errors E15, E16, E19, E38 and E39: whether parameters, gradients and bindings of inputs of these types fit streams of
/// these elements.
template <class Elements, bool WritesGradients, class Parameters, class Gradients, class... Inputs>
constexpr bool data_fits() {
    constexpr auto fault = first_fault<Elements, WritesGradients, Parameters, Gradients, Inputs...>;
    static_assert(fault != data_fault::not_contiguous,
                  "furl[E15]: a step takes contiguous data (a vector, span, array, matrix) or a range of such. "
                  "See docs/errors.md#E15");
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

}  // namespace detail

}  // namespace furl
