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
    char text[N]{};  ///< the letters, and a zero

    /// Of a literal.
    constexpr fixed_string(const char (&literal)[N]) {  // NOLINT(google-explicit-constructor)
        for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
    }

    static constexpr std::size_t size = N - 1;  ///< letters
};

namespace detail {

template <fixed_string Text, std::size_t... I>
constexpr auto spell(std::index_sequence<I...>) -> hana::string<Text.text[I]...>;

// clang prints template arguments as they were computed; deduced anew, they print as characters.
template <class String>
struct spelled;

template <char... Characters>
struct spelled<hana::string<Characters...>> {
    using type = hana::string<Characters...>;
};

}  // namespace detail

/// The type that a name becomes. hana::string prints as <'l','r'>, and carries no length or padding.
template <fixed_string Text>
using name = typename detail::spelled<decltype(detail::spell<Text>(
    std::make_index_sequence<decltype(Text)::size>{}))>::type;

/// The characters of a name, in static storage.
template <class Name>
inline constexpr std::string_view name_text{Name::c_str(), std::size_t{decltype(hana::length(Name{}))::value}};

}  // namespace furl
