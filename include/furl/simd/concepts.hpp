#pragma once

#include <furl/base/macros.hpp>
#include <furl/language/op.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace FURL_NAMESPACE {

/// The operations of a value type V: one number, a vector of numbers, a count of operations.
template <class V>
struct arithmetic;

namespace detail {

// Calls the member of an arithmetic that has the name of an operation.
template <op Code>
struct member;
#define FURL_ROW(name, kind, arity, is_condition, cost, text)                       \
    template <>                                                                     \
    struct member<op::name> {                                                       \
        template <class A, class... V>                                              \
        static FURL_INLINE constexpr auto of(V... x) -> decltype(A::name(x...)) {   \
            return A::name(x...);                                                   \
        }                                                                           \
    };
FURL_OPERATIONS(FURL_ROW)
#undef FURL_ROW

// Whether a number of operands gives a number.
template <class V, op Code>
concept Computes = (info(Code).arity == 1 && requires(V x) { { member<Code>::template of<arithmetic<V>>(x) } -> std::convertible_to<V>; }) ||
                   (info(Code).arity == 2 && requires(V x) { { member<Code>::template of<arithmetic<V>>(x, x) } -> std::convertible_to<V>; });

// Whether an arithmetic has all functions of the library.
template <class V, class Codes = std::make_index_sequence<op_table.size()>>
inline constexpr bool computes_functions = false;
template <class V, std::size_t... Code>
inline constexpr bool computes_functions<V, std::index_sequence<Code...>> =
    ((!is_library_call(static_cast<op>(Code)) || Computes<V, static_cast<op>(Code)>) && ...);

}  // namespace detail

/// The operations that the evaluator asks of arithmetic<V>. They have the names of the rows of FURL_OPERATIONS: beside those below
/// there is a member for each row that costs a function, such as `tanh`.
template <class V>
concept Arithmetic = detail::computes_functions<V> && requires(V x, typename arithmetic<V>::element number, typename arithmetic<V>::mask truth) {
    { arithmetic<V>::width } -> std::convertible_to<std::size_t>;    // the elements of a V, by which a loop advances
    { arithmetic<V>::broadcast(number) } -> std::convertible_to<V>;  // constants, and values of one per step or tensor

    // The program decides where a product is fused into a sum, and says so by fma. keep hides any other product from the
    // compiler, which would fuse it, too.
    { arithmetic<V>::keep(x) } -> std::convertible_to<V>;
    { arithmetic<V>::fma(x, x, x) } -> std::convertible_to<V>;   // x y + z, in one rounding where the machine can
    { arithmetic<V>::fms(x, x, x) } -> std::convertible_to<V>;   // x y - z
    { arithmetic<V>::fnma(x, x, x) } -> std::convertible_to<V>;  // z - x y

    { arithmetic<V>::add(x, x) } -> std::convertible_to<V>;
    { arithmetic<V>::subtract(x, x) } -> std::convertible_to<V>;
    { arithmetic<V>::multiply(x, x) } -> std::convertible_to<V>;
    { arithmetic<V>::divide(x, x) } -> std::convertible_to<V>;
    { arithmetic<V>::negate(x) } -> std::convertible_to<V>;
    { arithmetic<V>::sqrt(x) } -> std::convertible_to<V>;
    { arithmetic<V>::abs(x) } -> std::convertible_to<V>;
    { arithmetic<V>::floor(x) } -> std::convertible_to<V>;
    { arithmetic<V>::copysign(x, x) } -> std::convertible_to<V>;

    // Comparisons follow IEEE: with a NaN all but not_equal are false, whatever a compiler assumes about NaN.
    { arithmetic<V>::less(x, x) } -> std::convertible_to<typename arithmetic<V>::mask>;
    { arithmetic<V>::less_equal(x, x) } -> std::convertible_to<typename arithmetic<V>::mask>;
    { arithmetic<V>::equal(x, x) } -> std::convertible_to<typename arithmetic<V>::mask>;
    { arithmetic<V>::not_equal(x, x) } -> std::convertible_to<typename arithmetic<V>::mask>;
    { arithmetic<V>::both(truth, truth) } -> std::convertible_to<typename arithmetic<V>::mask>;
    { arithmetic<V>::either(truth, truth) } -> std::convertible_to<typename arithmetic<V>::mask>;
    { arithmetic<V>::neither(truth) } -> std::convertible_to<typename arithmetic<V>::mask>;
    { arithmetic<V>::select(truth, x, x) } -> std::convertible_to<V>;  // a lane of the second or the third
};

/// The operations that a loop over memory needs beside those of Arithmetic.
template <class V>
concept LaneArithmetic = Arithmetic<V> && requires(V x, typename arithmetic<V>::element* p, const typename arithmetic<V>::element* q,
                                                   const std::byte* bytes, std::byte* to, std::size_t n) {
    { arithmetic<V>::load(q) } -> std::convertible_to<V>;  // from any address: a tensor may begin anywhere
    arithmetic<V>::store(p, x);
    { arithmetic<V>::template load_as<float>(bytes) } -> std::convertible_to<V>;  // converts from another type
    arithmetic<V>::template store_as<float>(to, x);
    { arithmetic<V>::last_of(x, n) } -> std::convertible_to<V>;  // its last n lanes, followed by 0, for the end of a tensor
};

}  // namespace furl
