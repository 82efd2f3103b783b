#pragma once

#include <furl/base/build.hpp>

#include <atomic>
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

/// An error message; empty if nothing failed.
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

// Tells whether an error means that the file system does not support a call, as some network and user-space ones do not.
inline bool is_unsupported(int error) {
    return error == ENOSYS || error == ENOTSUP || error == EOPNOTSUPP || error == ENOLCK || error == EINVAL;
}

// It runs after the rename. The new file is in place then, so the save does not fail if this system cannot open or sync
// directories.
inline problem sync_directory(const std::filesystem::path& directory) {
    const descriptor d(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!d || ::fsync(d.get()) == 0 || is_unsupported(errno) || errno == EACCES || errno == EPERM || errno == EROFS || errno == EBADF)
        return {};
    return system_problem("the new file is in place, but a crash of the machine may lose it: cannot sync the directory");
}

/// A new file beside the file that it will replace. Only this process uses it, and the destructor removes it unless become()
/// has renamed it.
class partial_file {
  public:
    partial_file() = default;
    partial_file(const partial_file&) = delete;
    partial_file& operator=(const partial_file&) = delete;
    ~partial_file() {
        if (file_) ::unlink(path_.c_str());
    }

    /// Creates path.partial. If a crashed process left a file of this name, create removes it; if anything else has the
    /// name, it stays as it is and the new file is path.partial.PROCESS.NUMBER.
    problem create(const std::filesystem::path& path, mode_t mode) {
        static std::atomic<unsigned> number{0};
        for (int attempt = 0; attempt < 100; ++attempt) {
            path_ = path;
            path_ += ".partial";
            if (attempt > 0 && !remove_leftover())
                path_ += "." + std::to_string(::getpid()) + "." + std::to_string(++number);
            // O_EXCL and O_NOFOLLOW: never follow a link or open an existing file.
            descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
            if (!file && errno == EEXIST) continue;
            if (!file) return system_problem("cannot create " + path_.string());
            // The lock tells other processes that this file is no leftover. Without locks, no file counts as a leftover.
            if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && !is_unsupported(errno)) continue;
            if (!is_at_path(file)) continue;
            file_ = std::move(file);
            return {};
        }
        return "other processes kept saving the same file; given up after 100 tries";
    }

    int get() const { return file_.get(); }

    /// Renames it to the file that it replaces.
    problem become(const std::filesystem::path& path) {
        if (::rename(path_.c_str(), path.c_str()) != 0) return system_problem("cannot rename " + path_.string());
        file_ = descriptor();
        return {};
    }

  private:
    std::filesystem::path path_;
    descriptor file_;

    bool is_at_path(const descriptor& file) const {
        struct stat here {}, there {};
        return ::fstat(file.get(), &here) == 0 && ::lstat(path_.c_str(), &there) == 0 && here.st_ino == there.st_ino &&
               here.st_dev == there.st_dev;
    }

    // Removes a leftover, and returns whether the name is free now. A file is a leftover if it has no other name and no
    // process holds its lock.
    bool remove_leftover() const {
        struct stat about {};
        if (::lstat(path_.c_str(), &about) != 0) return errno == ENOENT;
        if (!S_ISREG(about.st_mode) || about.st_nlink != 1) return false;
        const descriptor file(::open(path_.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return false;
        if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) || about.st_nlink != 1) return false;
        return is_at_path(file) && ::unlink(path_.c_str()) == 0;
    }
};

/// Follows symbolic links to their target, which need not exist.
inline problem follow_links(std::filesystem::path& path) {
    std::error_code error;
    for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
        const auto target = std::filesystem::read_symlink(path, error);
        if (error || links == 40) return "its link leads nowhere";
        path = path.parent_path() / target;
    }
    return {};
}

/// Gives a file the owner and permissions of another. If its group cannot be set, the group gets the permissions of others.
inline void keep_rights(int file, const struct stat& old) {
    struct stat now {};
    if (::fstat(file, &now) != 0) return;
    auto mode = old.st_mode & 0777;
    if (now.st_gid != old.st_gid && ::fchown(file, static_cast<uid_t>(-1), old.st_gid) != 0)
        mode = (mode & ~mode_t{070}) | ((mode & 07) << 3 & mode);
    // Only root can change the owner, and some file systems have no permissions. The file then belongs to the writer, with
    // no more permissions than the old one.
    [[maybe_unused]] const bool same_owner = now.st_uid == old.st_uid || ::fchown(file, old.st_uid, static_cast<gid_t>(-1)) == 0;
    [[maybe_unused]] const bool same_rights = ::fchmod(file, mode) == 0;
}

/// Writes a file so that, whatever crashes, the path always holds either the whole old file or the whole new one: it writes
/// a new file beside the old one, calls fsync, renames it, and calls fsync on the directory. If it fails, the old file is
/// unchanged. A symbolic link to it stays a link, and its permissions stay the same.
inline problem write_atomically(std::filesystem::path path, std::span<const std::span<const std::byte>> pieces) {
    if (auto p = follow_links(path); !p.empty()) return p;
    struct stat old {};
    const bool replaces = ::lstat(path.c_str(), &old) == 0;
    if (replaces && !S_ISREG(old.st_mode))
        return std::string("there is a ") + (S_ISDIR(old.st_mode) ? "directory" : S_ISFIFO(old.st_mode) ? "FIFO" : S_ISSOCK(old.st_mode) ? "socket" : "device") +
               " of this name, and no file";
    partial_file file;
    if (auto p = file.create(path, replaces ? 0600 : 0666); !p.empty()) return p;

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
    if (replaces) keep_rights(file.get(), old);
    if (::fsync(file.get()) != 0 && !is_unsupported(errno)) return system_problem("cannot sync");
    if (auto p = file.become(path); !p.empty()) return p;
    const auto directory = path.parent_path();
    return sync_directory(directory.empty() ? "." : directory);
}

/// A file mapped into memory, read only.
class mapped_file {
  public:
    mapped_file() = default;
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file() {
        if (size_ > 0) ::munmap(memory_, size_);
    }

    problem open(const std::filesystem::path& path) {
        // O_NONBLOCK: do not wait for a writer if the path is a FIFO.
        const descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        if (!file) return system_problem("cannot open");
        struct stat about {};
        if (::fstat(file.get(), &about) != 0) return system_problem("cannot read");
        if (!S_ISREG(about.st_mode)) return "it is not a regular file";
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
