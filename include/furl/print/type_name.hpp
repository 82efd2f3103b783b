#pragma once

#include <furl/base/static_vector.hpp>

#include <algorithm>
#include <string_view>

/// This folder holds functions that describe a rule by its type, as facts and as text. They run nothing.
namespace FURL_NAMESPACE {

namespace detail {

template <class T>
constexpr std::string_view signature_of() {
#if defined(_MSC_VER) && !defined(__clang__)
    return __FUNCSIG__;
#else
    return __PRETTY_FUNCTION__;
#endif
}

template <class T>
constexpr std::string_view printed_name() {
    constexpr auto probe = signature_of<double>();
    constexpr auto before = probe.find("double");
    constexpr auto after = probe.size() - before - std::string_view("double").size();
    auto text = signature_of<T>();
    text.remove_prefix(before);
    text.remove_suffix(after);
    return text;
}

template <class T>
inline constexpr auto plain_name = [] {
    constexpr std::string_view text = printed_name<T>(), build = FURL_QUOTED(FURL_BUILD) "::";
    static_vector<char, text.size()> name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        while (text.substr(i).starts_with(build)) i += build.size();
        if (i < text.size()) name.push_back(text[i]);
    }
    return name;
}();

}  // namespace detail

/// Returns the name of a type as the compiler prints it, without furl's inline namespace (see FURL_BUILD).
template <class T>
constexpr std::string_view type_name() {
    return {detail::plain_name<T>.elements, detail::plain_name<T>.size()};
}

/// Returns the name of a type without its namespaces.
constexpr std::string_view short_name(std::string_view name) {
    const auto end = std::min(name.find('<'), name.size());
    const auto colon = name.substr(0, end).rfind(':');
    return colon == name.npos ? name : name.substr(colon + 1);
}
template <class Rule>
constexpr std::string_view short_name() {
    return short_name(type_name<Rule>());
}

}  // namespace furl
