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

namespace detail {

// Comparisons treat NaN as IEEE does; these lines decide what min, max, clamp and sign do with it.
template <op Code, class V>
FURL_INLINE constexpr V compute(V a, V b) {
    using A = arithmetic<V>;
    if constexpr (Code == op::add) return A::add(a, b);
    else if constexpr (Code == op::subtract) return A::subtract(a, b);
    else if constexpr (Code == op::multiply) return A::multiply(a, b);
    else if constexpr (Code == op::divide) return A::divide(a, b);
    else if constexpr (Code == op::copysign) return A::copysign(a, b);
    else if constexpr (Code == op::pow) return A::pow(a, b);
    else if constexpr (Code == op::atan2) return A::atan2(a, b);
    else if constexpr (Code == op::minimum) return A::select(A::either(A::less(a, b), A::not_equal(a, a)), a, b);
    else if constexpr (Code == op::maximum) return A::select(A::either(A::less(b, a), A::not_equal(a, a)), a, b);
    else static_assert(Code == op::add, "an operation of two operands without an evaluation");
}

template <op Code, class V>
FURL_INLINE constexpr V compute(V a) {
    using A = arithmetic<V>;
    if constexpr (Code == op::negate) return A::negate(a);
    else if constexpr (Code == op::sqrt) return A::sqrt(a);
    else if constexpr (Code == op::cbrt) return A::cbrt(a);
    else if constexpr (Code == op::abs) return A::abs(a);
    else if constexpr (Code == op::floor) return A::floor(a);
    else if constexpr (Code == op::exp) return A::exp(a);
    else if constexpr (Code == op::expm1) return A::expm1(a);
    else if constexpr (Code == op::log) return A::log(a);
    else if constexpr (Code == op::log1p) return A::log1p(a);
    else if constexpr (Code == op::tanh) return A::tanh(a);
    else if constexpr (Code == op::sin) return A::sin(a);
    else if constexpr (Code == op::cos) return A::cos(a);
    else if constexpr (Code == op::sign) {
        const V zero = A::broadcast(0), one = A::broadcast(1), minus_one = A::broadcast(-1);
        return A::select(A::less(zero, a), one, A::select(A::less(a, zero), minus_one, a));
    } else static_assert(Code == op::negate, "an operation of one operand without an evaluation");
}

template <op Code, class V>
FURL_INLINE constexpr V compute(V a, V b, V c) {
    using A = arithmetic<V>;
    if constexpr (Code == op::fma) return A::fma(a, b, c);
    else if constexpr (Code == op::fms) return A::fms(a, b, c);
    else if constexpr (Code == op::fnma) return A::fnma(a, b, c);
    else if constexpr (Code == op::clamp) return A::select(A::less(a, b), b, A::select(A::less(c, a), c, a));
    else static_assert(Code == op::fma, "an operation of three operands without an evaluation");
}

template <op Code, class V>
FURL_INLINE constexpr auto compare(V a, V b) {
    using A = arithmetic<V>;
    if constexpr (Code == op::less) return A::less(a, b);
    else if constexpr (Code == op::less_equal) return A::less_equal(a, b);
    else if constexpr (Code == op::greater) return A::less(b, a);
    else if constexpr (Code == op::greater_equal) return A::less_equal(b, a);
    else if constexpr (Code == op::equal) return A::equal(a, b);
    else return A::not_equal(a, b);
}

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

// Whether a function of numbers is a call of the mathematical library, which takes as long as dozens of additions.
constexpr bool is_library_call(op code) {
    switch (code) {
        case op::cbrt: case op::exp: case op::expm1: case op::log: case op::log1p: case op::tanh: case op::sin: case op::cos:
        case op::pow: case op::atan2: return true;
        default: return false;
    }
}

// With -ffinite-math-only a comparison of numbers may have any result for a NaN.
inline bool have_equal_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

// Whether an instruction has operands of the same bits in both files.
template <class Plan, std::int16_t I>
FURL_INLINE bool operands_are_equal(const registers<Plan, double>& a, const registers<Plan, double>& b) {
    constexpr auto x = Plan::program[I];
    const auto equal = [&](std::int16_t j) { return have_equal_bits(a.value[j], b.value[j]); };
    if constexpr (info(x.code).arity == 1) return equal(x.operands[0]);
    else return equal(x.operands[0]) && equal(x.operands[1]);
}

}  // namespace detail

/// Whether values of one domain are computed, or loaded, one by one where those of another are: column values where elements are.
constexpr bool is_computed_with(domain value, domain where) {
    return value == where || (where == domain::element && value == domain::column);
}

/// Evaluates instruction I. Operands of domain Where are taken from r, others from uniforms; leaves.get<I>() gives the values that
/// are not computed. The two register files may be the same.
template <class Plan, std::int16_t I, domain Where = domain::element, class V, class Leaves>
FURL_INLINE constexpr void evaluate(registers<Plan, V>& r, const registers<Plan, V>& uniforms, const Leaves& leaves) {
    using A = arithmetic<V>;
    constexpr auto x = Plan::program[I];
    constexpr std::int16_t a = x.operands[0], b = x.operands[1], c = x.operands[2];
    const auto value = [&]<std::int16_t J>(std::integral_constant<std::int16_t, J>) FURL_INLINE_LAMBDA -> V {
        if constexpr (is_computed_with(Plan::program[J].where, Where)) return r.value[J];
        else return uniforms.value[J];
    };
    const auto truth = [&]<std::int16_t J>(std::integral_constant<std::int16_t, J>) FURL_INLINE_LAMBDA {
        if constexpr (is_computed_with(Plan::program[J].where, Where)) return r.truth[J];
        else return uniforms.truth[J];
    };
    constexpr std::integral_constant<std::int16_t, a> first{};
    constexpr std::integral_constant<std::int16_t, b> second{};
    constexpr std::integral_constant<std::int16_t, c> third{};

    if constexpr (x.code == op::constant) {
        r.value[I] = A::broadcast(static_cast<typename A::element>(x.value));
    } else if constexpr (detail::is_given(x.code) || x.where != Where) {
        r.value[I] = leaves.template get<I>();
        if constexpr (info(x.code).is_condition) r.truth[I] = A::not_equal(r.value[I], A::broadcast(typename A::element{0}));
    } else if constexpr (x.code == op::random) {
        r.value[I] = leaves.template draw<I>();
    } else if constexpr (x.code == op::select) {
        r.value[I] = A::select(truth(first), value(second), value(third));
    } else if constexpr (x.code == op::logical_and) {
        r.truth[I] = A::both(truth(first), truth(second));
    } else if constexpr (x.code == op::logical_or) {
        r.truth[I] = A::either(truth(first), truth(second));
    } else if constexpr (x.code == op::logical_not) {
        r.truth[I] = A::neither(truth(first));
    } else if constexpr (info(x.code).is_condition) {
        r.truth[I] = detail::compare<x.code>(value(first), value(second));
    } else if constexpr (info(x.code).arity == 1) {
        r.value[I] = detail::compute<x.code>(value(first));
    } else if constexpr (info(x.code).arity == 2) {
        r.value[I] = detail::compute<x.code>(value(first), value(second));
        if constexpr (x.code == op::multiply && detail::feeds_addition<Plan>(I)) r.value[I] = A::keep(r.value[I]);
    } else {
        r.value[I] = detail::compute<x.code>(value(first), value(second), value(third));
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

/// Evaluates the values of a step or of a tensor that are known from pass First to pass Last, from number From of their
/// order on.
///
/// @param known  null, or registers that have all of these values, of the same or of other leaves. The result of a library call is
///               taken from there if its operands have the same bits.
template <class Plan, domain Where, std::size_t First, std::size_t Last, std::size_t From = 0, class Leaves>
inline void evaluate_scalars(registers<Plan, double>& r, const Leaves& leaves, const registers<Plan, double>* known = nullptr) {
    constexpr const auto& list = Plan::order.scalars;
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        (
            [&] {
                constexpr auto i = list[From + K];
                if constexpr (Plan::program[i].where == Where && Plan::order.level[i] >= int{First} && Plan::order.level[i] <= int{Last}) {
                    if constexpr (detail::is_library_call(Plan::program[i].code))
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
