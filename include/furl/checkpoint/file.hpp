#pragma once

#include <furl/base/build.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#if !__has_include(<unistd.h>) || !__has_include(<sys/mman.h>)
#error "furl's checkpoints need POSIX: fsync, rename and mmap"
#endif
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace FURL_NAMESPACE::detail {

/// What failed, in words; empty if nothing did.
using problem = std::string;

inline problem system_problem(const std::string& doing) {
    return doing + ": " + std::system_category().message(errno);
}

/// An open file that closes itself.
class descriptor {
  public:
    descriptor() = default;
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

inline problem write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return system_problem("cannot write");
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

inline problem sync_directory(const std::filesystem::path& directory) {
    const descriptor d(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!d) return system_problem("cannot open the directory");
    // Some file systems have no such thing, and need none.
    if (::fsync(d.get()) != 0 && errno != EINVAL) return system_problem("cannot sync the directory");
    return {};
}

/// Opens the file beside path that becomes path, for this process alone.
inline problem open_partial(const std::filesystem::path& partial, descriptor& file) {
    for (int attempt = 0; attempt < 100; ++attempt) {
        file = descriptor(::open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
        if (!file) return system_problem("cannot create " + partial.string());
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK ? "it is being saved by another process or thread" : system_problem("cannot lock");
        // Another one may have finished and renamed it in between: then this is its result, and not to be touched.
        struct stat here {}, there {};
        if (::fstat(file.get(), &here) != 0) return system_problem("cannot look at " + partial.string());
        if (::stat(partial.c_str(), &there) != 0 || here.st_ino != there.st_ino || here.st_dev != there.st_dev) continue;
        return ::ftruncate(file.get(), 0) == 0 ? problem() : system_problem("cannot empty " + partial.string());
    }
    return "it is being saved by others all the time";
}

/// Writes a file so that at any moment, whatever crashes, there is the old one or the new one, whole: a file beside it
/// (path.partial), fsync, rename, fsync of the directory. Where it fails, the old file is as it was.
inline problem write_atomically(std::filesystem::path path, std::span<const std::span<const std::byte>> pieces) {
    std::error_code ignored;
    if (std::filesystem::is_symlink(path, ignored)) {
        const auto target = std::filesystem::weakly_canonical(path, ignored);
        if (!ignored) path = target;
    }
    auto partial = path;
    partial += ".partial";
    descriptor file;
    if (auto p = open_partial(partial, file); !p.empty()) return p;

    const auto write = [&]() -> problem {
        std::vector<std::byte> buffer;
        const std::size_t capacity = std::size_t{1} << 20;
        buffer.reserve(capacity);
        const auto flush = [&] {
            auto p = write_all(file.get(), buffer);
            buffer.clear();
            return p;
        };
        for (const auto& piece : pieces) {
            if (buffer.size() + piece.size() > capacity)
                if (auto p = flush(); !p.empty()) return p;
            if (piece.size() < capacity) buffer.insert(buffer.end(), piece.begin(), piece.end());
            else if (auto p = write_all(file.get(), piece); !p.empty()) return p;
        }
        if (auto p = flush(); !p.empty()) return p;
        if (::fsync(file.get()) != 0) return system_problem("cannot sync");
        if (::rename(partial.c_str(), path.c_str()) != 0) return system_problem("cannot rename " + partial.string());
        return {};
    };
    if (auto p = write(); !p.empty()) {
        ::unlink(partial.c_str());
        return p;
    }
    const auto directory = path.parent_path();
    return sync_directory(directory.empty() ? "." : directory);
}

/// A file as memory, read only.
class mapped_file {
  public:
    mapped_file() = default;
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file() {
        if (size_ > 0) ::munmap(memory_, size_);
    }

    problem open(const std::filesystem::path& path) {
        const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file) return system_problem("cannot open");
        struct stat about {};
        if (::fstat(file.get(), &about) != 0) return system_problem("cannot read");
        if (!S_ISREG(about.st_mode)) return "it is no file";
        const auto size = static_cast<std::size_t>(about.st_size);
        if (size == 0) return {};
        void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
        if (memory == MAP_FAILED) return system_problem("cannot map");
        memory_ = memory;
        size_ = size;
        return {};
    }

    std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(memory_), size_}; }

  private:
    void* memory_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace furl::detail
