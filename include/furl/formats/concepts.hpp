#pragma once

#include <furl/simd/arithmetic.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

namespace FURL_NAMESPACE {

namespace detail {

/// The companion of a format that keeps nothing beside its main memory.
struct no_companion {};

// The loops and the plan need this of any format.
template <class F>
concept FormatFacts = F::fits && requires {  // comes first: if a type does not fit, the format has nothing else
    typename F::element;                                 // the element of main memory, that is of the caller's data or of a state
    typename F::companion;                               // a value of its companion, which the optimizer owns, or no_companion
    { F::block } -> std::convertible_to<std::size_t>;    // elements that are encoded together, and share a value of the companion
    { F::random } -> std::convertible_to<bool>;          // whether a store needs random bits: the plan then draws them
} && (std::is_same_v<typename F::companion, no_companion> || requires {
    { F::companion_name } -> std::convertible_to<std::string_view>;  // the name under which a checkpoint keeps the companion
});

// A format of single elements: a kernel loads and stores vectors.
template <class F>
concept ElementFormat = F::block == 1 && requires(const std::byte* main, const std::byte* companion, std::byte* to, std::byte* companion_to,
                                                  std::size_t i, float x, arithmetic<float>::bits noise) {
    { F::template load<arithmetic<float>>(main, companion, i) } -> std::convertible_to<float>;
    F::template store<arithmetic<float>>(to, companion_to, i, x, noise);
};

// A format of blocks: the kernel stages a block as floats, and encodes it when all of its values are known.
template <class F>
concept BlockFormat = (F::block > 1) && requires(const float* values, std::byte* codes, std::byte* scale, std::span<float> all, std::size_t n,
                                                 float x, arithmetic<float>::bits code) {
    { F::template decode<arithmetic<float>>(code, x) } -> std::convertible_to<float>;  // x: the scale
    { F::template measure<arithmetic<float>>(values, n, scale) } -> std::convertible_to<float>;
    { F::template encode<arithmetic<float>>(x, x, code) } -> std::convertible_to<arithmetic<float>::bits>;
    F::read(codes, scale, all);      // for savers and loggers, which have no kernel
    F::write(codes, scale, all);
    F::fill(codes, scale, n, x);     // the first value of a state
};

}  // namespace detail

/// How the values of one stream lie in memory, whatever type they are computed in.
///
/// A format stores elements one by one (block is 1), by load<A>(main, companion, i) and store<A>(main, companion, i, x, noise) for a
/// vector of elements from i on, of arithmetic A; or it encodes blocks of elements. noise is 16 random bits for each element,
/// where the format asks for them. A format may have begin(main, companion, n), which fills its companion before the first step.
template <class F>
concept Format = detail::FormatFacts<F> && (detail::ElementFormat<F> || detail::BlockFormat<F>);

}  // namespace furl
