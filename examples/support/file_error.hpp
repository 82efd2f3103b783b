#pragma once

#include <stdexcept>
#include <string>

namespace examples {

/// A file that cannot be used; the message is one line: which file, and why.
struct file_error : std::runtime_error {
    file_error(const std::string& file, const std::string& why) : std::runtime_error(file + ": " + why) {}
};

}  // namespace examples
