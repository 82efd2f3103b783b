#pragma once

#include <furl/base/number_facts.hpp>
#include <furl/formats/block8.hpp>
#include <furl/formats/formats.hpp>

#include <type_traits>

namespace FURL_NAMESPACE {

namespace detail {

template <class E>
constexpr std::string_view name_with(std::string_view of_bfloat16, std::string_view of_float16) {
    return std::is_same_v<E, bfloat16> ? of_bfloat16 : of_float16;
}

}  // namespace detail

/// How finely the numbers of a format are spaced: of(flushes), as facts_of. Specialize it for a format of your own that keeps more
/// than its elements do.
template <class F>
struct format_facts {
    /// Returns them.
    static constexpr number_facts of(bool flushes) {
        auto facts = facts_of<typename F::element>(flushes);
        facts.random = F::random;
        return facts;
    }
};

/// A number that is rounded at random to 0 or the smallest one has the right mean, so only what is 0 in float is lost.
template <class E>
struct format_facts<stochastic<E>> {
    /// Returns them.
    static constexpr number_facts of(bool flushes) {
        const auto facts = facts_of<E>(flushes);
        const auto name = detail::name_with<E>("stochastic<bfloat16>", "stochastic<float16>");
        return {name, facts.half_unit, facts_of<float>(flushes).smallest, facts.largest, true};
    }
};

/// The companion has as many bits as the number.
template <class E>
struct format_facts<compensated<E>> {
    /// Returns them.
    static constexpr number_facts of(bool flushes) {
        const auto facts = facts_of<E>(flushes);
        const auto name = detail::name_with<E>("compensated<bfloat16>", "compensated<float16>");
        return {name, facts.half_unit * facts.half_unit / 2, facts.smallest, facts.largest};
    }
};

/// Both keep a float.
template <class E>
struct format_facts<split<E>> : format_facts<nearest<float>> {};
template <class E>
struct format_facts<master<E>> : format_facts<nearest<float>> {};

/// There are eight steps from a number to its double. The range is that of the scale, which follows the largest number of a block.
/// Numbers that are far below that one have larger steps than half_unit says.
template <bool Signed>
struct format_facts<detail::block_format<Signed>> {
    /// Returns them.
    static constexpr number_facts of(bool flushes) {
        return {Signed ? "block8" : "block8_positive", 1.0 / 16, facts_of<float>(flushes).smallest,
                detail::power_of_two(125) * (Signed ? 0.9375 * detail::power_of_two(-15) : 1.875), true};
    }
};

}  // namespace furl
