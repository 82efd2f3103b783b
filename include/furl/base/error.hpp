#pragma once

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// Where errors of run time leave the library: by an exception, or, in a program that is compiled without exceptions, by
// return value.
#if defined(__cpp_exceptions) && !defined(FURL_NO_EXCEPTIONS)
#define FURL_EXCEPTIONS 1
#else
#define FURL_EXCEPTIONS 0
#endif

namespace furl {

namespace detail {

inline std::string& error_text() {
    static thread_local std::string text;
    return text;
}

}  // namespace detail

/// Why the last call of this thread was refused, in one line; empty if none was since clear_error().
///
/// In a program with -fno-exceptions (or -DFURL_NO_EXCEPTIONS) a refused call changes nothing and returns false, 0, NaN,
/// an empty span or an empty optimizer, and says why here. With exceptions it throws the same text, and this is empty.
inline std::string_view last_error() { return detail::error_text(); }
inline void clear_error() { detail::error_text().clear(); }

namespace detail {

/// Refuses a call: throws Error, or leaves the text in last_error() and returns what a refused call returns.
template <class Error = std::invalid_argument, class Result = bool>
Result refuse(std::string text, Result result = {}) {
#if FURL_EXCEPTIONS
    static_cast<void>(result);
    throw Error(text);
#else
    error_text() = std::move(text);
    return result;
#endif
}

/// Memory that there cannot be. Without exceptions the program ends, as it does where operator new fails.
[[noreturn]] inline void out_of_memory() {
#if FURL_EXCEPTIONS
    throw std::bad_alloc();
#else
    std::abort();
#endif
}

}  // namespace detail

}  // namespace furl
