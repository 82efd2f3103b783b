#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>
#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <furl/distributed/checkpoint.hpp>

#include <csignal>
#include <fstream>
#include <iterator>
#include <random>

#include <sys/wait.h>

using namespace furl;
using namespace furl::tests;

namespace {

const std::vector<furl::shape> three{{1, 9000}, {0, 4}, {30, 300}};

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class Opt>
void do_steps(Opt& opt, tensor_list& w, int from, int to, std::size_t rank, std::size_t ranks) {
    auto extra = drawn(three, 3);
    for (int t = from; t < to; ++t) {
        auto g = gradients_of(three, 100 + static_cast<std::uint32_t>(t), rank, ranks);
        opt.step(w, g, input<"extra"> = extra, step_input<"loss"> = 0.5 + t);
    }
}

// Steps on n ranks from a checkpoint, if there is one; saves, and returns the file.
std::string stepped(const std::filesystem::path& path, std::size_t n, int from, int to) {
    local_ranks ranks(n);
    ranks.run([&](local_rank& me) {
        sharded_optimizer<observed> opt(me, three);
        auto w = drawn(three, from == 0 ? 1 : 99);  // those that a load replaces
        if (from == 0) opt.set("decay", 2, 0.25);
        else CHECK(load_checkpoint(path, opt, w).metadata.at("epoch") == "3");
        CHECK(opt.step_count() == from);
        do_steps(opt, w, from, to, me.rank(), me.size());
        save_checkpoint(path, opt, w, {.metadata = {{"epoch", "3"}}});
    });
    return read(path);
}

std::string stepped_alone(const std::filesystem::path& path, int from, int to) {
    optimizer<observed> opt(three);
    auto w = drawn(three, from == 0 ? 1 : 99);
    if (from == 0) opt.set("decay", 2, 0.25);
    else load_checkpoint(path, opt, w);
    do_steps(opt, w, from, to, 0, 1);
    save_checkpoint(path, opt, w, {.metadata = {{"epoch", "3"}}});
    return read(path);
}

}  // namespace

TEST_CASE("any number of ranks goes on from what any other saved, to the bit, and so does one process") {
    const scratch dir;
    const auto first = stepped_alone(dir / "alone", 0, 3), second = stepped_alone(dir / "alone", 3, 6);
    REQUIRE(first != second);
    for (std::size_t saves : {1u, 2u, 3u, 7u}) {
        CHECK(stepped(dir / "run", saves, 0, 3) == first);
        for (std::size_t loads : {1u, 2u, 4u, 7u}) {
            std::ofstream(dir / "again", std::ios::binary) << first;
            CHECK(stepped(dir / "again", loads, 3, 6) == second);
        }
        CHECK(stepped_alone(dir / "run", 3, 6) == second);
    }
}

TEST_CASE("a load that fails on one rank fails on all, and changes nothing on any") {
    const scratch dir;
    stepped(dir / "good", 2, 0, 2);
    stepped(dir / "other", 2, 0, 3);
    auto cut = read(dir / "good");
    cut.pop_back();
    std::ofstream(dir / "cut", std::ios::binary) << cut;
    local_ranks ranks(3);
    ranks.run([&](local_rank& me) {
        sharded_optimizer<observed> opt(me, three);
        auto w = drawn(three, 5);
        const auto load = [&](const char* one, const char* others) { return message_of([&] { load_checkpoint(dir / (me.rank() == 1 ? one : others), opt, w); }); };
        CHECK(load("cut", "good").find("furl: on rank 1: checkpoint " + (dir / "cut").string() + " is not loaded") == 0);
        CHECK(load("none", "good").find("furl: on rank 1: checkpoint " + (dir / "none").string() + " is not loaded: cannot open") == 0);
        CHECK(load("other", "good").find("; the ranks must agree") != std::string::npos);
        CHECK(opt.step_count() == 0);
        CHECK(w == drawn(three, 5));
        for (float x : opt.state(observed::m, 0)) CHECK(x == 0);
        CHECK(load("good", "good") == "no exception");
        CHECK(opt.step_count() == 2);
    });
}

TEST_CASE("a save that fails on rank 0 fails on all") {
    const scratch dir;
    local_ranks ranks(2);
    ranks.run([&](local_rank& me) {
        sharded_optimizer<observed> opt(me, three);
        const auto said = message_of([&] { save_checkpoint(dir / "missing" / "run", opt); });
        CHECK(said.find("furl: on rank 0: checkpoint") == 0);
        CHECK(said.find("was not saved: cannot create") != std::string::npos);
    });
}

TEST_CASE("ranks that are killed while they save leave the old file or the new one, whole") {
    const scratch dir;
    const auto path = dir / "run", partial = dir / "run.partial";
    const auto first = stepped(path, 3, 0, 1), second = stepped(path, 3, 1, 2);
    std::mt19937 random(1);
    int in_the_middle = 0;
    for (int round = 0; round < 50; ++round) {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            local_ranks ranks(3);
            ranks.run([&](local_rank& me) {
                sharded_optimizer<observed> opt(me, three);
                auto w = drawn(three, 1);
                opt.set("decay", 2, 0.25);
                do_steps(opt, w, 0, 1, me.rank(), me.size());
                if (me.rank() == 0 && ::write(ready[1], "!", 1) != 1) ::_exit(1);
                for (;;) save_checkpoint(path, opt, w, {.metadata = {{"epoch", "3"}}});
            });
            ::_exit(0);
        }
        char byte = 0;
        REQUIRE(::read(ready[0], &byte, 1) == 1);
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        ::close(ready[0]), ::close(ready[1]);
        in_the_middle += std::filesystem::exists(partial);
        const auto left = read(path);
        CHECK((left == first || left == second));
    }
    MESSAGE(in_the_middle << " of 50 were in the middle of writing");
    // The file that a killed writer left behind does not hinder the next one.
    CHECK(stepped(path, 2, 0, 1) == first);
    CHECK(!std::filesystem::exists(partial));
}
