#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <stdlib.h>

namespace furl::tests {

/// A directory that goes when the test ends.
class scratch {
  public:
    scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "furl-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() { std::filesystem::remove_all(path_); }

    std::filesystem::path operator/(const char* name) const { return path_ / name; }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace furl::tests
