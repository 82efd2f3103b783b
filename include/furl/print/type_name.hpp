#pragma once

#include <string_view>

/// What a member of this folder is: a function from a rule's type to text about it. It runs nothing.
namespace furl {

namespace detail {

template <class T>
constexpr std::string_view signature_of() {
#if defined(_MSC_VER) && !defined(__clang__)
    return __FUNCSIG__;
#else
    return __PRETTY_FUNCTION__;
#endif
}

}  // namespace detail

/// The name of a type as the compiler prints it.
template <class T>
constexpr std::string_view type_name() {
    constexpr auto probe = detail::signature_of<double>();
    constexpr auto before = probe.find("double");
    constexpr auto after = probe.size() - before - std::string_view("double").size();
    auto text = detail::signature_of<T>();
    text.remove_prefix(before);
    text.remove_suffix(after);
    return text;
}

}  // namespace furl
