// Files as they come to be, without optimizers: what stands beside them, rights, file systems that lack a call.
#include <furl/checkpoint/file.hpp>

#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include <sys/syscall.h>
#include <sys/wait.h>

namespace {

// What the calls below fail with, in place of the file system; 0: they are those of the system.
std::atomic<int> flock_error{0}, directory_sync_error{0}, file_sync_error{0};

bool is_directory(int fd) {
    struct stat about {};
    return ::fstat(fd, &about) == 0 && S_ISDIR(about.st_mode);
}

}  // namespace

extern "C" int flock(int fd, int operation) noexcept {
    if (flock_error != 0) {
        errno = flock_error;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

extern "C" int fsync(int fd) {
    const int error = is_directory(fd) ? directory_sync_error : file_sync_error;
    if (error != 0) {
        errno = error;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace {

using furl::tests::scratch;
namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

// What went wrong; empty if nothing did.
std::string save(const fs::path& path, const std::string& text) {
    const std::span<const std::byte> pieces[]{std::as_bytes(std::span(text))};
    return furl::detail::write_atomically(path, pieces);
}

std::ptrdiff_t files_in(const scratch& dir) { return std::distance(fs::directory_iterator(dir.path()), {}); }

mode_t mode_of(const fs::path& path) {
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 07777;
}

bool contains(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("what stands at path.partial is neither followed nor opened nor lost") {
    const scratch dir;
    write(dir / "notes", "mine");
    SUBCASE("a symbolic link") { fs::create_symlink(dir / "notes", dir / "run.partial"); }
    SUBCASE("a link to nothing") { fs::create_symlink(dir / "nothing", dir / "run.partial"); }
    SUBCASE("a hard link") { fs::create_hard_link(dir / "notes", dir / "run.partial"); }
    SUBCASE("a FIFO") { REQUIRE(::mkfifo((dir / "run.partial").c_str(), 0600) == 0); }
    SUBCASE("a directory") { fs::create_directory(dir / "run.partial"); }
    const auto before = fs::symlink_status(dir / "run.partial").type();
    const auto files = files_in(dir);
    CHECK(save(dir / "run", "first") == "");
    CHECK(save(dir / "run", "second") == "");
    CHECK(read(dir / "run") == "second");
    CHECK(read(dir / "notes") == "mine");
    CHECK(fs::symlink_status(dir / "run.partial").type() == before);
    CHECK(!fs::exists(dir / "nothing"));
    CHECK(files_in(dir) == files + 1);
}

TEST_CASE("what a crashed process left behind is removed; what another one writes is not") {
    const scratch dir;
    write(dir / "run.partial", "left behind, and longer");
    CHECK(save(dir / "run", "new") == "");
    CHECK(read(dir / "run") == "new");
    CHECK(files_in(dir) == 1);
    write(dir / "run.partial", "being written");
    const furl::detail::descriptor other(::open((dir / "run.partial").c_str(), O_WRONLY));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    CHECK(save(dir / "run", "newer") == "");
    CHECK(read(dir / "run") == "newer");
    CHECK(read(dir / "run.partial") == "being written");
    CHECK(files_in(dir) == 2);
}

TEST_CASE("a file keeps its rights, and a new one has those of the process") {
    const scratch dir;
    const auto mask = ::umask(022);
    CHECK(save(dir / "new", "x") == "");
    CHECK(mode_of(dir / "new") == 0644);
    ::umask(027);
    CHECK(save(dir / "newer", "x") == "");
    CHECK(mode_of(dir / "newer") == 0640);
    for (mode_t mode : {0600u, 0400u, 0640u, 0666u, 0755u}) {
        REQUIRE(::chmod((dir / "new").c_str(), mode) == 0);
        CHECK(save(dir / "new", "y") == "");
        CHECK(mode_of(dir / "new") == mode);
    }
    ::umask(mask);
    if (::geteuid() == 0) {
        REQUIRE(::chown((dir / "new").c_str(), 12, 34) == 0);
        CHECK(save(dir / "new", "z") == "");
        struct stat about {};
        REQUIRE(::stat((dir / "new").c_str(), &about) == 0);
        CHECK((about.st_uid == 12 && about.st_gid == 34));
    }
}

TEST_CASE("what is no file is not replaced by one") {
    const scratch dir;
    REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
    CHECK(contains(save(dir / "fifo", "x"), "there is a FIFO of this name, and no file"));
    CHECK(fs::is_fifo(dir / "fifo"));
    fs::create_symlink("/dev/null", dir / "null");
    CHECK(contains(save(dir / "null", "x"), "there is a device of this name, and no file"));
    CHECK(fs::is_character_file("/dev/null"));
    CHECK(contains(save(dir.path(), "x"), "there is a directory of this name, and no file"));
    CHECK(files_in(dir) == 2);
}

TEST_CASE("links are followed to the file that they are of, also where it is not there yet") {
    const scratch dir;
    fs::create_directory(dir / "sub");
    fs::create_symlink("sub/real", dir / "one");
    fs::create_symlink("one", dir / "two");
    CHECK(save(dir / "two", "x") == "");
    CHECK(fs::is_symlink(dir / "two"));
    CHECK(fs::is_symlink(dir / "one"));
    CHECK(read(dir / "sub" / "real") == "x");
    fs::create_symlink("turn", dir / "round");
    fs::create_symlink("round", dir / "turn");
    CHECK(contains(save(dir / "round", "x"), "its link leads nowhere"));
}

TEST_CASE("without locks a save goes on, leaves nothing behind, and takes nothing for left behind") {
    const scratch dir;
    for (int error : {ENOSYS, ENOTSUP, ENOLCK, EINVAL}) {
        flock_error = error;
        CAPTURE(error);
        CHECK(save(dir / "run", std::to_string(error)) == "");
        CHECK(read(dir / "run") == std::to_string(error));
        CHECK(files_in(dir) == 1);
    }
    write(dir / "run.partial", "whose?");
    CHECK(save(dir / "run", "x") == "");
    CHECK(read(dir / "run") == "x");
    CHECK(read(dir / "run.partial") == "whose?");
    CHECK(files_in(dir) == 2);
    flock_error = 0;
}

TEST_CASE("two that save at once both leave a whole file, with locks or without") {
    for (int error : {0, ENOSYS}) {
        const scratch dir;
        flock_error = error;
        const std::string one(300'000, '1'), two(200'000, '2');
        std::atomic<int> wrong{0};
        const auto work = [&](const std::string& text) {
            for (int i = 0; i < 60; ++i) {
                wrong += !save(dir / "run", text).empty();
                const auto left = read(dir / "run");
                wrong += left != one && left != two;
            }
        };
        std::thread thread([&] { work(one); });
        work(two);
        thread.join();
        CHECK(wrong == 0);
        CHECK(files_in(dir) == 1);
        flock_error = 0;
    }
}

TEST_CASE("a directory that cannot be synced is no failure, as the file is there; one that fails is told") {
    const scratch dir;
    for (int error : {EINVAL, EACCES, ENOTSUP, ENOSYS, EROFS}) {
        directory_sync_error = error;
        CHECK(save(dir / "run", std::to_string(error)) == "");
        CHECK(read(dir / "run") == std::to_string(error));
    }
    directory_sync_error = EIO;
    CHECK(contains(save(dir / "run", "x"), "the new file is in place, but a crash of the machine may lose it"));
    CHECK(read(dir / "run") == "x");
    directory_sync_error = 0;
    file_sync_error = EINVAL;
    CHECK(save(dir / "run", "y") == "");
    file_sync_error = EIO;
    CHECK(contains(save(dir / "run", "z"), "cannot sync"));
    CHECK(read(dir / "run") == "y");
    CHECK(files_in(dir) == 1);
    file_sync_error = 0;
}

TEST_CASE("a directory that may be written and not read is saved into") {
    const scratch dir;
    fs::create_directory(dir / "sub");
    const bool root = ::geteuid() == 0;
    if (root) REQUIRE(::chown((dir / "sub").c_str(), 65534, 65534) == 0);
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((dir / "sub").c_str(), 0300) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (root && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
        ::_exit(save(dir / "sub" / "run", "x").empty() && save(dir / "sub" / "run", "y").empty() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    REQUIRE(::chmod((dir / "sub").c_str(), 0700) == 0);
    CHECK(read(dir / "sub" / "run") == "y");
    CHECK(files_in(dir) == 1);
}
