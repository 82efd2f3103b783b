#include "saved.hpp"

#include <support/messages.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace furl;
using namespace furl::tests;

namespace {

// Large enough that a write is many system calls.
struct large_run {
    optimizer<saved_rule> opt{300'000};
    std::vector<float> w = std::vector<float>(300'000, 1);

    explicit large_run(float gradient) {
        const std::vector<float> g(w.size(), gradient);
        opt.step(w, g);
    }
};

// Runs in a process of its own; its exit status, or -1 if it was killed.
int in_child(const std::function<int()>& body, const std::function<void(pid_t)>& meanwhile = [](pid_t) {}) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body());
    meanwhile(child);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string saving(const std::filesystem::path& path, const large_run& run) {
    return message_of([&] { save_checkpoint(path, run.opt, run.w); });
}

}  // namespace

TEST_CASE("a writer that is killed at any moment leaves the old file or the new one, whole") {
    const scratch dir;
    const large_run one(1), two(2);
    save_checkpoint(dir / "one", one.opt, one.w);
    save_checkpoint(dir / "two", two.opt, two.w);
    const auto first = read(dir / "one"), second = read(dir / "two");
    REQUIRE(first != second);
    std::filesystem::copy_file(dir / "one", dir / "run");

    using clock = std::chrono::steady_clock;
    const auto start = clock::now();
    for (int i = 0; i < 4; ++i) save_checkpoint(dir / "run", one.opt, one.w);
    const auto longest = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - start).count();
    std::mt19937 random(1);
    int killed = 0, ones = 0, partials = 0;
    const char* rounds = std::getenv("FURL_KILLS");
    for (int round = 0; round < (rounds ? std::atoi(rounds) : 60); ++round) {
        const auto delay = std::chrono::microseconds(std::uniform_int_distribution<long>(0, longest)(random));
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        const auto status = in_child(
            [&] {
                if (::write(ready[1], "!", 1) != 1) return 1;
                for (;;) {
                    save_checkpoint(dir / "run", two.opt, two.w);
                    save_checkpoint(dir / "run", one.opt, one.w);
                }
                return 0;
            },
            [&](pid_t child) {
                char byte = 0;
                REQUIRE(::read(ready[0], &byte, 1) == 1);
                std::this_thread::sleep_for(delay);
                ::kill(child, SIGKILL);
            });
        ::close(ready[0]);
        ::close(ready[1]);
        killed += status == -1;
        const auto left = read(dir / "run");
        REQUIRE((left == first || left == second));
        ones += left == first;
        partials += std::filesystem::exists(dir / "run.partial");
    }
    MESSAGE(killed << " killed: " << ones << " left one file, " << killed - ones << " the other; " << partials
                   << " were in the middle of writing");
    CHECK(killed > 0);
    CHECK(partials > 0);
    CHECK(ones > 0);
    CHECK(ones < killed);
    // What a killed writer left behind is in nobody's way.
    large_run loaded(3);
    CHECK(saving(dir / "run", one) == "no exception");
    load_checkpoint(dir / "run", loaded.opt, loaded.w);
    CHECK(loaded.w == one.w);
    CHECK(!std::filesystem::exists(dir / "run.partial"));
}

TEST_CASE("a write that fails anywhere leaves the old file, and nothing else") {
    const scratch dir;
    const large_run one(1), two(2);
    save_checkpoint(dir / "run", one.opt, one.w);
    const auto before = read(dir / "run");
    // A limit on the size of files acts as a full disk does, and needs no rights.
    for (rlim_t limit : {rlim_t{0}, rlim_t{1}, rlim_t{100}, rlim_t{5000}, rlim_t{1} << 20, rlim_t{before.size() - 1}}) {
        const auto status = in_child([&] {
            ::signal(SIGXFSZ, SIG_IGN);
            const rlimit r{limit, limit};
            ::setrlimit(RLIMIT_FSIZE, &r);
            return saving(dir / "run", two).find("was not saved: cannot write: File too large") != std::string::npos ? 0 : 1;
        });
        CHECK(status == 0);
        CHECK(read(dir / "run") == before);
        CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
    }
}

TEST_CASE("a full disk leaves the old file, and nothing else") {
    const scratch dir;
    // In a child, which may take itself out of the file systems of the others.
    const auto status = in_child([&] {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=6m") != 0)
            return 2;
        const large_run one(1), two(2);
        if (saving(dir / "run", one) != "no exception") return 3;
        const auto before = read(dir / "run");
        if (saving(dir / "run", two).find("No space left on device") == std::string::npos) return 4;
        if (read(dir / "run") != before) return 5;
        if (std::distance(std::filesystem::directory_iterator(dir.path()), {}) != 1) return 6;
        return 0;
    });
    if (status == 2) MESSAGE("skipped: this user may not mount a small file system");
    else CHECK(status == 0);
}

TEST_CASE("a directory that is not there, or may not be written, is told by the system's reason") {
    const scratch dir;
    const running r;
    const auto text = message_of([&] { save_checkpoint(dir / "no" / "run", r.opt); });
    CHECK(text.find("cannot create") != std::string::npos);
    CHECK(text.find("No such file or directory") != std::string::npos);
    CHECK(message_of([&] { save_checkpoint(dir.path(), r.opt); }).find("there is a directory of this name") != std::string::npos);
}

TEST_CASE("a link to a file stays a link") {
    const scratch dir;
    running a(1), b;
    write(dir / "real", "old");
    std::filesystem::create_symlink("real", dir / "link");
    save_checkpoint(dir / "link", a.opt, a.w);
    CHECK(std::filesystem::is_symlink(dir / "link"));
    CHECK(load_checkpoint(dir / "real", b.opt, b.w));
    CHECK(a.w == b.w);
}

TEST_CASE("two that save to one file at once do not mix") {
    const scratch dir;
    const large_run one(1), two(2);
    save_checkpoint(dir / "one", one.opt, one.w);
    save_checkpoint(dir / "two", two.opt, two.w);
    const auto save_often = [&](const large_run& run) {
        int saved = 0;
        for (int i = 0; i < 40; ++i) saved += saving(dir / "run", run) == "no exception";
        return saved;
    };
    int other = 0;
    std::thread thread([&] { other = save_often(one); });
    const int mine = save_often(two);
    thread.join();
    CHECK(mine + other > 0);
    const auto left = read(dir / "run");
    CHECK((left == read(dir / "one") || left == read(dir / "two")));
}
