#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>
#include <support/messages.hpp>

#include <array>
#include <chrono>
#include <random>
#include <thread>

using namespace furl;
using namespace furl::tests;
using std::chrono::milliseconds;

static_assert(Communicator<local_rank>);
static_assert(Share<whole_tensors> && Share<detail::rank_share>);

namespace {

const std::vector<furl::shape> three{{1, 5000}, {0, 4}, {30, 300}};

// The texts of what the ranks' bodies threw; all ranks go on after it.
template <class Body>
std::vector<std::string> messages_of(local_ranks& ranks, Body body) {
    std::vector<std::string> said(ranks.size());
    ranks.run([&](local_rank& me) { said[me.rank()] = message_of([&] { body(me); }); });
    return said;
}

void check_all_say(const std::vector<std::string>& said, const std::string& expected) {
    for (const auto& s : said) CHECK(s == expected);
}

// A communicator of one's own: another's, which is late at times.
class late_rank {
  public:
    explicit late_rank(local_rank& me) : me_(me), random_(static_cast<unsigned>(me.rank())) {}

    std::size_t rank() const { return me_.rank(); }
    std::size_t size() const { return me_.size(); }
    std::size_t start_all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
                                 std::span<const std::size_t> receive_first) {
        wait();
        return me_.start_all_to_all(send, send_first, receive, receive_first);
    }
    std::size_t start_all_gather(std::span<std::byte> all, std::span<const std::size_t> first) {
        wait();
        return me_.start_all_gather(all, first);
    }
    void finish(std::size_t ticket) {
        wait();
        me_.finish(ticket);
    }

  private:
    local_rank& me_;
    std::mt19937 random_;

    void wait() {
        if (random_() % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random_() % 500));
    }
};
static_assert(Communicator<late_rank>);

// One rank of a run, and its arguments.
struct run_of_rank {
    sharded_optimizer<observed> opt;
    tensor_list w = drawn(three, 1), g, extra = drawn(three, 3);
    double loss = 0.5;

    template <Communicator C>
    explicit run_of_rank(C& me, sharding_settings settings = {}) : opt(me, three, settings), g(gradients_of(three, 2, me.rank(), me.size())) {}

    bool step() { return opt.step(w, g, input<"extra"> = extra, step_input<"loss"> = loss); }
};

}  // namespace

TEST_CASE("tensors that differ between ranks are named on all") {
    local_ranks ranks(3);
    const auto with = [&](auto change) {
        return messages_of(ranks, [&](local_rank& me) {
            auto shapes = three;
            if (me.rank() == 2) change(shapes);
            sharded_optimizer<observed> opt(me, shapes);
        });
    };
    check_all_say(with([](auto& s) { s[2].columns = 299; }), "furl: tensor 2 is 30 x 300 on rank 0, and tensor 2 is 30 x 299 on rank 2; the ranks must agree");
    check_all_say(with([](auto& s) { s.pop_back(); }), "furl: the number of tensors is 3 on rank 0, and the number of tensors is 2 on rank 2; the ranks must agree");
    check_all_say(messages_of(ranks, [](local_rank& me) { sharded_optimizer<observed> opt(me, three, {.mean = me.rank() == 1}); }),
                  "furl: mean is 0 on rank 0, and mean is 1 on rank 1; the ranks must agree");
}

TEST_CASE("a call that one rank refuses, or gives other numbers, throws on all and changes nothing; then they go on") {
    local_ranks ranks(3);
    ranks.run([&](local_rank& me) {
        run_of_rank run(me);
        const auto before = run.w;
        const bool is_one = me.rank() == 1;
        const auto says = [&](auto change, auto undo) {
            if (is_one) change();
            auto said = message_of([&] { run.step(); });
            if (is_one) undo();
            CHECK(run.w == before);
            CHECK(run.opt.step_count() == 0);
            return said;
        };
        const auto whole = run.g;
        const std::string own = "furl: on rank 1: ";
        CHECK(says([&] { run.g[2].pop_back(); }, [&] { run.g = whole; }) == own + "tensor 2: gradients have 8999 elements, expected 9000 as at construction");
        CHECK(says([&] { run.extra.pop_back(); }, [&] { run.extra = drawn(three, 3); }) == own + "2 tensors of input 'extra', expected 3 as at construction");
        CHECK(says([&] { run.g[0].clear(); }, [&] { run.g = whole; }) ==
              "furl: the number of gradients of tensor 0 is 1 on rank 0, and the number of gradients of tensor 0 is 0 on rank 1; the ranks must agree");
        CHECK(says([&] { run.loss = 0.25; }, [&] { run.loss = 0.5; }) == "furl: step input 'loss' is 0.5 on rank 0, and step input 'loss' is 0.25 on rank 1; the ranks must agree");
        CHECK(says([&] { run.opt[observed::lr] = 0.5; }, [&] { run.opt[observed::lr] = 1e-2; }) ==
              "furl: hyperparameter 'lr' is 0.01 on rank 0, and hyperparameter 'lr' is 0.5 on rank 1; the ranks must agree");
        CHECK(says([&] { run.opt.set("decay", 2, 0.5); }, [&] { run.opt.set("decay", 0.1); }) ==
              "furl: hyperparameter 'decay' of tensor 2 is 0.1 on rank 0, and hyperparameter 'decay' of tensor 2 is 0.5 on rank 1; the ranks must agree");
        CHECK(message_of([&] { run.opt.step(run.w, run.w, input<"extra"> = run.extra, step_input<"loss"> = 1); }) ==
              "furl: parameters of tensor 0 overlap gradients of tensor 0; a step writes parameters, so they need memory of their own");
        CHECK(run.step());
        CHECK(run.opt.step_count() == 1);
        CHECK(run.w != before);
    });
}

TEST_CASE("a gradient that is not a number on one rank skips the step on all") {
    local_ranks ranks(3);
    ranks.run([&](local_rank& me) {
        run_of_rank run(me);
        const auto before = run.w;
        if (me.rank() == 2) run.g[0][3] = std::numeric_limits<float>::infinity();
        CHECK(!run.step());
        CHECK(run.opt.step_count() == 0);
        CHECK(run.w == before);
    });
}

TEST_CASE("a rank has at most its part of all elements and a unit more, and all ranks together have all") {
    for (std::size_t n : {1u, 2u, 3u, 7u, 50u}) {
        for (const auto& shapes : {odd_shapes, three, std::vector<furl::shape>{}, std::vector<furl::shape>{{1, 1'000'000}}}) {
            std::size_t total = 0;
            for (const auto& s : shapes) total += s.size();
            for (std::size_t unit : {std::size_t{1}, std::size_t{4096}, total + 1}) {
                const auto begins = detail::cut_tensors(shapes, n, [&](furl::shape s) { return std::min(unit, std::max<std::size_t>(s.size(), 1)); });
                REQUIRE(begins.size() == n + 1);
                std::size_t all = 0;
                for (std::size_t r = 0; r < n; ++r) {
                    struct nothing final : detail::gatherer {
                        void complete(std::span<double>, std::span<const std::size_t>) override {}
                    } none;
                    const detail::rank_share share(shapes, begins, r, none);
                    std::size_t own = 0;
                    for (const auto& part : share.here()) own += part.count;
                    CHECK(own <= total / n + 1 + unit);
                    all += own;
                }
                CHECK(all == total);
            }
        }
    }
}

TEST_CASE("states are where the elements are") {
    local_ranks ranks(4);
    ranks.run([&](local_rank& me) {
        run_of_rank run(me);
        run.step();
        std::size_t total = 0;
        for (auto n : run.opt.sizes()) total += n;
        CHECK(run.opt.state_memory() <= (total / 4 + 4096) * sizeof(float) + 3 * 8 * 8);
        for (std::size_t i = 0; i < run.opt.tensors(); ++i) CHECK(run.opt.state(observed::m, i).size() == run.opt.part(i).count);
        CHECK(message_of([&] { run.opt.part(3); }) == "furl: no tensor 3; the optimizer has 3");
        CHECK(message_of([&] { run.opt.part(4, 0); }) == "furl: no rank 4; there are 4");
    });
}

TEST_CASE("a step of parts that are scattered already is the same step") {
    local_ranks ranks(3);
    ranks.run([&](local_rank& me) {
        run_of_rank whole(me), parts(me);
        const auto own = [&](tensor_list& list) {
            std::vector<std::span<float>> spans;
            for (std::size_t i = 0; i < list.size(); ++i) spans.push_back(std::span(list[i]).subspan(parts.opt.part(i).first, parts.opt.part(i).count));
            return spans;
        };
        for (std::uint32_t t = 0; t < 3; ++t) {
            whole.g = gradients_of(three, t, me.rank(), me.size());
            CHECK(whole.step());
            auto sums = drawn(three, t);
            CHECK(parts.opt.step_sharded(own(parts.w), own(sums), input<"extra"> = own(parts.extra), step_input<"loss"> = 0.5));
        }
        parts.opt.gather(parts.w);
        CHECK(parts.w == whole.w);
    });
}

TEST_CASE("a communicator of one's own, late or not, changes no bits") {
    local_ranks ranks(3);
    ranks.run([&](local_rank& me) {
        late_rank late(me);
        run_of_rank now(me, {.bucket = 1}), then(late, {.bucket = 1});
        for (std::uint32_t t = 0; t < 5; ++t) {
            now.g = then.g = gradients_of(three, t, me.rank(), me.size());
            CHECK(now.step());
            CHECK(then.step());
            CHECK(now.w == then.w);
        }
    });
}

TEST_CASE("gradients are added up in the order of the ranks, and then averaged if that is asked for") {
    // Sums that depend on their order.
    const std::vector<float> given{1e8f, 1.25f, -1e8f, 3.7f};
    for (bool mean : {false, true}) {
        float sum = given[0];
        for (std::size_t r = 1; r < given.size(); ++r) sum += given[r];
        if (mean) sum /= 4;
        local_ranks ranks(4);
        std::vector<float> sums(4);
        detail::sum_in_order<float>(sums.data(), std::array{&given[0], &given[1], &given[2], &given[3]}, 1, mean);
        CHECK(sums[0] == sum);
        std::vector<tensor_list> weights(4);
        ranks.run([&](local_rank& me) {
            sharded_optimizer<observed> opt(me, {10000}, {.mean = mean});
            opt[observed::lr] = 0.25;
            tensor_list w{std::vector<float>(10000)}, g{std::vector<float>(10000, given[me.rank()])}, zero = w;
            opt.step(w, g, input<"extra"> = zero, step_input<"loss"> = 1);
            weights[me.rank()] = w;
        });
        local_ranks one(1);
        sharded_optimizer<observed> alone(one[0], {10000});
        alone[observed::lr] = 0.25;
        tensor_list w{std::vector<float>(10000)}, g{std::vector<float>(10000, sum)}, zero = w;
        alone.step(w, g, input<"extra"> = zero, step_input<"loss"> = 1);
        for (const auto& of_rank : weights) CHECK(of_rank == w);
    }
}

TEST_CASE("an exception on one rank reaches all, whatever they wait for") {
    for (std::size_t guilty : {0u, 2u}) {
        local_ranks ranks(3);
        std::vector<std::string> said(3);
        const auto thrown = message_of([&] {
            ranks.run([&](local_rank& me) {
                run_of_rank run(me);
                run.step();
                if (me.rank() == guilty) throw std::runtime_error("out of data");
                said[me.rank()] = message_of([&] { run.step(); });
            });
        });
        CHECK(thrown == "out of data");
        for (std::size_t r = 0; r < 3; ++r)
            if (r != guilty) CHECK(said[r] == "furl: rank " + std::to_string(guilty) + " ended with an exception: out of data");
    }
}

TEST_CASE("ranks that do not come, or do something else, are missed") {
    local_ranks early(2);
    CHECK(message_of([&] { early.run([&](local_rank& me) { if (me.rank() == 0) run_of_rank{me}; }); }) == "furl: rank 1 has returned, and rank 0 waits for it");

    local_ranks late(2, milliseconds(50));
    CHECK(message_of([&] {
              late.run([&](local_rank& me) {
                  if (me.rank() == 1) std::this_thread::sleep_for(milliseconds(500));
                  run_of_rank run(me);
              });
          }) == "furl: rank 0 has waited 50 ms for rank 1");

    local_ranks odd(2);
    CHECK(message_of([&] {
              odd.run([&](local_rank& me) {
                  std::vector<std::byte> bytes(8);
                  const std::vector<std::size_t> first{0, 4, 8};
                  if (me.rank() == 0) me.finish(me.start_all_gather(bytes, first));
                  else me.finish(me.start_all_to_all(bytes, first, std::span(bytes).first(0), std::vector<std::size_t>{0, 0, 0}));
              });
          }).ends_with("have started different calls"));
}
