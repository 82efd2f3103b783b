#pragma once

#include "file_error.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace examples {

/// A file to read from start to end, inflated on the way if it is gzip.
///
/// By inflate and not by zlib's gzread, which takes a file without its checksum for a whole one.
class inflated_file {
  public:
    explicit inflated_file(std::string name) : name_(std::move(name)), file_(std::fopen(name_.c_str(), "rb")) {
        if (!file_) throw file_error(name_, std::string("cannot be opened: ") + std::strerror(errno));
        refill();
        if (left_.size() >= 2 && left_[0] == 0x1f && left_[1] == 0x8b) {
            constexpr int gzip_only = 15 + 16;
            if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
            gzip_.reset(&stream_);
        }
    }
    inflated_file(const inflated_file&) = delete;
    inflated_file& operator=(const inflated_file&) = delete;
    ~inflated_file() = default;

    const std::string& name() const { return name_; }

    /// Fills `out` as far as the file goes, and returns how far that was. Errors: file_error.
    std::size_t read(std::span<std::uint8_t> out) {
        std::size_t done = 0;
        while (done < out.size() && !ended_)
            done += gzip_ ? inflate_some(out.subspan(done)) : copy_some(out.subspan(done));
        return done;
    }

  private:
    void refill() {
        const std::size_t got = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
        if (std::ferror(file_.get()) != 0)
            throw file_error(name_, std::string("cannot be read: ") + std::strerror(errno));
        left_ = std::span(buffer_).first(got);
    }

    std::size_t copy_some(std::span<std::uint8_t> out) {
        if (left_.empty()) refill();
        const std::size_t count = std::min(out.size(), left_.size());
        std::copy_n(left_.begin(), count, out.begin());
        left_ = left_.subspan(count);
        ended_ = count == 0;
        return count;
    }

    std::size_t inflate_some(std::span<std::uint8_t> out) {
        if (left_.empty()) refill();
        if (left_.empty()) throw file_error(name_, "truncated: the gzip data ends too early");
        stream_.next_in = left_.data();
        stream_.avail_in = static_cast<uInt>(left_.size());
        stream_.next_out = out.data();
        stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
        const std::size_t room = stream_.avail_out;
        const int result = inflate(&stream_, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END) {
            throw file_error(
                name_, std::string("corrupted gzip data: ") + (stream_.msg != nullptr ? stream_.msg : zError(result)));
        }
        left_ = left_.last(stream_.avail_in);
        if (result == Z_STREAM_END) end_gzip();
        return room - stream_.avail_out;
    }

    void end_gzip() {
        ended_ = true;
        if (left_.empty()) refill();
        if (!left_.empty()) throw file_error(name_, "trailing bytes after the gzip data");
    }

    struct close_file {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    struct end_inflate {
        void operator()(z_stream* stream) const { inflateEnd(stream); }
    };
    std::string name_;
    std::unique_ptr<std::FILE, close_file> file_;
    std::array<std::uint8_t, 1U << 16U> buffer_{};
    std::span<std::uint8_t> left_;  ///< what is read and not used yet
    bool ended_ = false;
    z_stream stream_{};
    std::unique_ptr<z_stream, end_inflate> gzip_;  ///< null for a plain file
};

}  // namespace examples
