#pragma once

#include <furl/base/build.hpp>

#include <boost/hana/string.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace FURL_NAMESPACE {

namespace hana = boost::hana;

/// A string literal as a template argument: the "lr" of hyper<"lr">.
template <std::size_t N>
struct fixed_string {
    char text[N]{};  ///< the characters and a terminating zero

    /// Copies a string literal.
    constexpr fixed_string(const char (&literal)[N]) {  // NOLINT(google-explicit-constructor)
        for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
    }

    static constexpr std::size_t size = N - 1;  ///< the number of characters
};

namespace detail {

template <fixed_string Text, std::size_t... I>
constexpr auto spell(std::index_sequence<I...>) -> hana::string<Text.text[I]...>;

// clang prints template arguments as the expressions that gave them; deduced once more, they print as characters.
template <class String>
struct spelled;

template <char... Characters>
struct spelled<hana::string<Characters...>> {
    using type = hana::string<Characters...>;
    // Each unit has a copy of these, of which a linker keeps one. g++ 12 makes those of hana::string local to the unit, and may put them
    // into a part of it that a linker drops.
    static constexpr char text[]{Characters..., '\0'};
    static constexpr std::size_t size = sizeof...(Characters);
};

}  // namespace detail

/// The type that stands for a name. A hana::string prints as <'l','r'>, without a length or padding.
template <fixed_string Text>
using name = typename detail::spelled<decltype(detail::spell<Text>(
    std::make_index_sequence<decltype(Text)::size>{}))>::type;

/// The characters of a name, in static storage.
template <class Name>
inline constexpr std::string_view name_text{detail::spelled<Name>::text, detail::spelled<Name>::size};

}  // namespace furl
