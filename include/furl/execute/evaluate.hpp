#pragma once

#include <furl/program/plan.hpp>
#include <furl/simd/arithmetic.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

namespace FURL_NAMESPACE {

/// The values of a program, one per instruction. The compiler drops those that nothing reads.
template <class Plan, class V>
struct registers {
    V value[Plan::size];
    typename arithmetic<V>::mask truth[Plan::size];
};

/// Returns true if a loop over numbers of domain `where` computes or loads values of domain `value`. A loop over elements also loads
/// the values of columns.
constexpr bool is_computed_with(domain value, domain where) {
    return value == where || (where == domain::element && value == domain::column);
}

namespace detail {

// Computes an operation: by the member of the arithmetic that has its name, or by other members as below. The definitions below
// decide what min, max, clamp and sign do with NaN. Comparisons treat NaN as IEEE does.
template <op Code>
struct operation : member<Code> {};

template <>
struct operation<op::sign> {
    template <class A, class V>
    static FURL_INLINE constexpr V of(V a) {
        const V zero = A::broadcast(0), one = A::broadcast(1), minus_one = A::broadcast(-1);
        return A::select(A::less(zero, a), one, A::select(A::less(a, zero), minus_one, a));
    }
};

template <>
struct operation<op::minimum> {
    template <class A, class V>
    static FURL_INLINE constexpr V of(V a, V b) {
        return A::select(A::either(A::less(a, b), A::not_equal(a, a)), a, b);
    }
};

template <>
struct operation<op::maximum> {
    template <class A, class V>
    static FURL_INLINE constexpr V of(V a, V b) {
        return A::select(A::either(A::less(b, a), A::not_equal(a, a)), a, b);
    }
};

template <>
struct operation<op::clamp> {
    template <class A, class V>
    static FURL_INLINE constexpr V of(V a, V low, V high) {
        return A::select(A::less(a, low), low, A::select(A::less(high, a), high, a));
    }
};

template <>
struct operation<op::greater> {
    template <class A, class V>
    static FURL_INLINE constexpr auto of(V a, V b) {
        return A::less(b, a);
    }
};

template <>
struct operation<op::greater_equal> {
    template <class A, class V>
    static FURL_INLINE constexpr auto of(V a, V b) {
        return A::less_equal(b, a);
    }
};

template <>
struct operation<op::logical_and> {
    template <class A, class M>
    static FURL_INLINE constexpr M of(M a, M b) {
        return A::both(a, b);
    }
};

template <>
struct operation<op::logical_or> {
    template <class A, class M>
    static FURL_INLINE constexpr M of(M a, M b) {
        return A::either(a, b);
    }
};

template <>
struct operation<op::logical_not> {
    template <class A, class M>
    static FURL_INLINE constexpr M of(M a) {
        return A::neither(a);
    }
};

// Whether a product is an operand of an addition: there the compiler could contract it.
template <class Plan>
constexpr bool feeds_addition(std::int16_t product) {
    for (const auto& x : Plan::program.code) {
        if (x.code != op::add && x.code != op::subtract && x.code != op::reduce_sum) continue;
        if (x.operands[0] == product || x.operands[1] == product) return true;
    }
    return false;
}

constexpr bool is_given(op code) {
    return info(code).kind == op_kind::leaf || info(code).kind == op_kind::matrix || is_reduction(code);
}

// With -ffinite-math-only a comparison of numbers may have any result for a NaN.
inline bool have_equal_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

// Returns true if the operands of an instruction have the same bits in both register files.
template <class Plan, std::int16_t I>
FURL_INLINE bool operands_are_equal(const registers<Plan, double>& a, const registers<Plan, double>& b) {
    constexpr auto x = Plan::program[I];
    const auto equal = [&](std::int16_t j) { return have_equal_bits(a.value[j], b.value[j]); };
    if constexpr (info(x.code).arity == 1) return equal(x.operands[0]);
    else return equal(x.operands[0]) && equal(x.operands[1]);
}

// Returns the register of an instruction's result. Conditions have registers of their own.
template <class Plan, std::int16_t I, class Registers>
FURL_INLINE constexpr auto& place(Registers& r) {
    if constexpr (info(Plan::program[I].code).is_condition) return r.truth[I];
    else return r.value[I];
}

template <class Plan, std::int16_t I, domain Where, class V>
FURL_INLINE constexpr const auto& operand(const registers<Plan, V>& r, const registers<Plan, V>& uniforms) {
    return place<Plan, I>(is_computed_with(Plan::program[I].where, Where) ? r : uniforms);
}

// Sets the result of an instruction to a number that was computed elsewhere. For a condition, 0 is false and all else is true.
template <class Plan, std::int16_t I, class V>
FURL_INLINE constexpr void put(registers<Plan, V>& r, V value) {
    using A = arithmetic<V>;
    r.value[I] = value;
    if constexpr (info(Plan::program[I].code).is_condition) r.truth[I] = A::not_equal(value, A::broadcast(typename A::element{0}));
}

}  // namespace detail

/// Evaluates instruction I in a loop over numbers of domain Where. Operands that the loop computes are in r, the others in
/// uniforms; both may be the same register file. leaves.get<I>() returns the values that are loaded.
template <class Plan, std::int16_t I, domain Where = domain::element, class V, class Leaves>
FURL_INLINE constexpr void evaluate(registers<Plan, V>& r, const registers<Plan, V>& uniforms, const Leaves& leaves) {
    using A = arithmetic<V>;
    constexpr auto x = Plan::program[I];
    constexpr std::int16_t a = x.operands[0], b = x.operands[1], c = x.operands[2];
    using operation = detail::operation<x.code>;
    auto& result = detail::place<Plan, I>(r);

    if constexpr (x.code == op::constant) {
        result = A::broadcast(static_cast<typename A::element>(x.value));
    } else if constexpr (detail::is_given(x.code) || x.where != Where) {
        detail::put<Plan, I>(r, leaves.template get<I>());
    } else if constexpr (x.code == op::random) {
        result = leaves.template draw<I>();
    } else if constexpr (info(x.code).arity == 1) {
        result = operation::template of<A>(detail::operand<Plan, a, Where>(r, uniforms));
    } else if constexpr (info(x.code).arity == 2) {
        result = operation::template of<A>(detail::operand<Plan, a, Where>(r, uniforms), detail::operand<Plan, b, Where>(r, uniforms));
        if constexpr (x.code == op::multiply && detail::feeds_addition<Plan>(I)) result = A::keep(result);
    } else {
        result = operation::template of<A>(detail::operand<Plan, a, Where>(r, uniforms), detail::operand<Plan, b, Where>(r, uniforms),
                                           detail::operand<Plan, c, Where>(r, uniforms));
    }
}

namespace detail {

// One fold takes at most 128 values of a list, from number From on, because clang nests no more than 256 operands.
template <std::size_t Size, std::size_t From>
using fold_numbers = std::make_index_sequence<std::min<std::size_t>(Size - From, 128)>;

}  // namespace detail

/// Evaluates all values of each element of a pass, from number From of its order on.
template <class Plan, std::size_t Pass, std::size_t From = 0, class V, class Leaves>
FURL_INLINE constexpr void evaluate_elements(registers<Plan, V>& r, const registers<Plan, V>& uniforms,
                                             const Leaves& leaves) {
    constexpr const auto& list = Plan::order.elements[Pass];
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        (evaluate<Plan, list[From + K]>(r, uniforms, leaves), ...);
        if constexpr (From + sizeof...(K) < list.size()) evaluate_elements<Plan, Pass, From + sizeof...(K)>(r, uniforms, leaves);
    }(detail::fold_numbers<list.size(), From>{});
}

/// Evaluates the values of List::values, of one domain, from number From of the list on.
template <class Plan, class List, domain Where, std::size_t From = 0, class V, class Leaves>
FURL_INLINE void evaluate_list(registers<Plan, V>& r, const registers<Plan, V>& uniforms, const Leaves& leaves) {
    [&]<std::size_t... K>(std::index_sequence<K...>) FURL_INLINE_LAMBDA {
        (evaluate<Plan, List::values[From + K], Where>(r, uniforms, leaves), ...);
        if constexpr (From + sizeof...(K) < List::values.size()) evaluate_list<Plan, List, Where, From + sizeof...(K)>(r, uniforms, leaves);
    }(detail::fold_numbers<List::values.size(), From>{});
}

/// Evaluates the values of a step or of a tensor that become known in pass First to pass Last, from number From of their order on.
///
/// @param known  null, or registers with all of these values, made from the same or other leaves. If the operands of a library call
///               have the same bits there, its result is copied.
template <class Plan, domain Where, std::size_t First, std::size_t Last, std::size_t From = 0, class Leaves>
inline void evaluate_scalars(registers<Plan, double>& r, const Leaves& leaves, const registers<Plan, double>* known = nullptr) {
    constexpr const auto& list = Plan::order.scalars;
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        (
            [&] {
                constexpr auto i = list[From + K];
                if constexpr (Plan::program[i].where == Where && Plan::order.level[i] >= int{First} && Plan::order.level[i] <= int{Last}) {
                    if constexpr (is_library_call(Plan::program[i].code))
                        if (known && detail::operands_are_equal<Plan, i>(r, *known)) {
                            r.value[i] = known->value[i];
                            return;
                        }
                    evaluate<Plan, i, Where>(r, r, leaves);
                }
            }(),
            ...);
        if constexpr (From + sizeof...(K) < list.size()) evaluate_scalars<Plan, Where, First, Last, From + sizeof...(K)>(r, leaves, known);
    }(detail::fold_numbers<list.size(), From>{});
}

}  // namespace furl
