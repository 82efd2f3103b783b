#pragma once

#include <furl/checkpoint/file.hpp>
#include <furl/checkpoint/safetensors.hpp>

#include <algorithm>
#include <concepts>
#include <istream>
#include <limits>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

namespace FURL_NAMESPACE {

/// The target of a checkpoint: a file, given by its path; a stream; or memory. All get the same bytes.
class checkpoint_target {
  public:
    /// Writes to a file. Whatever crashes, the path always holds either the whole old file or the whole new one.
    template <class Path>
        requires std::convertible_to<const Path&, std::filesystem::path>
    checkpoint_target(const Path& path) : to_(std::filesystem::path(path)) {}  // NOLINT(google-explicit-constructor)
    /// Writes to a stream from its current position. If that fails, the stream has received a part of the checkpoint.
    checkpoint_target(std::ostream& stream) : to_(&stream) {}  // NOLINT(google-explicit-constructor)
    /// Writes to memory, and replaces its content.
    checkpoint_target(std::vector<std::byte>& bytes) : to_(&bytes) {}  // NOLINT(google-explicit-constructor)

    /// Writes pieces one after the other. Returns what failed, or an empty text.
    std::string write(std::span<const std::span<const std::byte>> pieces) const {
        if (const auto* path = std::get_if<std::filesystem::path>(&to_)) return detail::write_atomically(*path, pieces);
        if (auto* const* stream = std::get_if<std::ostream*>(&to_)) {
            for (const auto& piece : pieces)
                (*stream)->write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
            return (*stream)->flush() ? std::string() : "the stream takes no more";
        }
        std::size_t size = 0;
        for (const auto& piece : pieces) size += piece.size();
        std::vector<std::byte> all;
        all.reserve(size);
        for (const auto& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
        *std::get<std::vector<std::byte>*>(to_) = std::move(all);
        return {};
    }

    /// The name of the target in messages.
    std::string describe() const {
        if (const auto* path = std::get_if<std::filesystem::path>(&to_)) return path->string();
        return std::holds_alternative<std::ostream*>(to_) ? "in a stream" : "in memory";
    }

  private:
    std::variant<std::filesystem::path, std::ostream*, std::vector<std::byte>*> to_;
};

/// The source of a checkpoint or another safetensors file: a file, given by its path; a stream; or memory.
class checkpoint_source {
  public:
    /// Reads a file.
    template <class Path>
        requires std::convertible_to<const Path&, std::filesystem::path>
    checkpoint_source(const Path& path) : from_(std::filesystem::path(path)) {}  // NOLINT(google-explicit-constructor)
    /// Reads a stream from its current position to the end of the checkpoint, and no further.
    checkpoint_source(std::istream& stream) : from_(&stream) {}  // NOLINT(google-explicit-constructor)
    /// Reads memory: a vector or a span of bytes.
    template <class Bytes>
        requires std::convertible_to<const Bytes&, std::span<const std::byte>>
    checkpoint_source(const Bytes& bytes) : from_(std::span<const std::byte>(bytes)) {}  // NOLINT(google-explicit-constructor)

    /// Calls use(bytes), which returns what is wrong with them. Returns what failed, or an empty text.
    template <class Use>
    std::string read(Use use) const {
        if (const auto* path = std::get_if<std::filesystem::path>(&from_)) {
            detail::mapped_file file;
            auto wrong = file.open(*path);
            return wrong.empty() ? use(file.bytes()) : wrong;
        }
        if (auto* const* stream = std::get_if<std::istream*>(&from_)) {
            std::vector<std::byte> bytes;
            auto wrong = read_stream(**stream, bytes);
            return wrong.empty() ? use(std::span<const std::byte>(bytes)) : wrong;
        }
        return use(std::get<std::span<const std::byte>>(from_));
    }

    /// The name of the source in messages.
    std::string describe() const {
        if (const auto* path = std::get_if<std::filesystem::path>(&from_)) return path->string();
        return std::holds_alternative<std::istream*>(from_) ? "in a stream" : "in memory";
    }

  private:
    std::variant<std::filesystem::path, std::istream*, std::span<const std::byte>> from_;

    // Appends up to n more bytes. It allocates as bytes arrive, so a header that claims too many bytes costs no memory.
    static void append(std::istream& stream, std::size_t n, std::vector<std::byte>& bytes) {
        while (n > 0 && stream) {
            const auto before = bytes.size(), some = std::min(n, std::max(before, std::size_t{1} << 16));
            bytes.resize(before + some);
            stream.read(reinterpret_cast<char*>(bytes.data() + before), static_cast<std::streamsize>(some));
            bytes.resize(before + static_cast<std::size_t>(stream.gcount()));
            n -= some;
        }
    }

    // Reads as many bytes as the header says that the file has. It does not detect a truncated file; the parser does.
    static std::string read_stream(std::istream& stream, std::vector<std::byte>& bytes) {
        std::size_t length = 0, end = 0;
        append(stream, 8, bytes);
        if (auto wrong = detail::header_length(bytes, length); !wrong.empty()) return wrong;
        append(stream, length, bytes);
        detail::safetensors file;
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, bytes.size() - 8);
        if (text.size() < length) return {};
        if (auto wrong = detail::read_header(text, file); !wrong.empty()) return wrong;
        for (const auto& [name, tensor] : file.tensors) end = std::max(end, tensor.end);
        append(stream, end, bytes);
        return {};
    }
};

}  // namespace furl
