#pragma once

#include <exception>
#include <functional>
#include <string>

namespace furl::tests {

/// What an exception says that a call throws.
inline std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "no exception";
}

}  // namespace furl::tests
