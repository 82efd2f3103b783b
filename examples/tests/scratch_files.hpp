#pragma once

#include "support/scratch_directory.hpp"

#include <zlib.h>

#include <fstream>
#include <string>

namespace examples {

/// Files of a test's own, gone with the test.
class scratch_files : public scratch_directory {
  public:
    std::string plain(const std::string& name, const std::string& content) const {
        std::ofstream(path() / name, std::ios::binary) << content;
        return (path() / name).string();
    }

    std::string gzip(const std::string& name, const std::string& content) const {
        const std::string file = (path() / name).string();
        gzFile out = gzopen(file.c_str(), "wb");
        gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
        gzclose(out);
        return file;
    }
};

}  // namespace examples
