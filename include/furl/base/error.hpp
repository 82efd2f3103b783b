#pragma once

#include <furl/base/build.hpp>

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace furl {

/// The text that last_error() returns. Each thread has its own, which all translation units share, whatever their flags are.
inline constinit thread_local std::string_view last_error_text{};

}  // namespace furl

namespace FURL_NAMESPACE {

/// Returns the reason for which a call of this thread was refused last, in one line; it is empty if none was refused since
/// clear_error().
///
/// In a program with -fno-exceptions (or -DFURL_NO_EXCEPTIONS) a refused call changes nothing, returns false, 0, NaN, an empty
/// span or an empty optimizer, and leaves its reason here. With exceptions it throws the same text, and this stays empty.
inline std::string_view last_error() { return last_error_text; }
inline void clear_error() { last_error_text = {}; }

namespace detail {

inline void keep_error(std::string text) {
    static thread_local std::string kept;
    kept = std::move(text);
    last_error_text = kept;
}

/// Refuses a call: throws Error, or leaves the text in last_error() and returns what a refused call returns.
template <class Error = std::invalid_argument, class Result = bool>
Result refuse(std::string text, Result result = {}) {
#if FURL_EXCEPTIONS
    static_cast<void>(result);
    throw Error(text);
#else
    keep_error(std::move(text));
    return result;
#endif
}

/// Refuses a size that memory cannot have, by std::bad_alloc. Without exceptions the program ends, as it does where operator new
/// fails.
[[noreturn]] inline void out_of_memory() {
#if FURL_EXCEPTIONS
    throw std::bad_alloc();
#else
    std::abort();
#endif
}

}  // namespace detail

}  // namespace furl
