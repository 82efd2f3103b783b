#pragma once

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace examples {

/// A directory of a test's own, gone with the test.
class scratch_directory {
  public:
    scratch_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "furl-examples-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory for the test: " + name);
        path_ = name;
    }
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    ~scratch_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

    std::string plain(const std::string& name, const std::string& content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return (path_ / name).string();
    }

    std::string gzip(const std::string& name, const std::string& content) const {
        const std::string file = (path_ / name).string();
        gzFile out = gzopen(file.c_str(), "wb");
        gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
        gzclose(out);
        return file;
    }

  private:
    std::filesystem::path path_;
};

}  // namespace examples
