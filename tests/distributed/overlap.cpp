#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>

#include <furl/distributed/sharded_groups.hpp>
#include <furl/formats/storage.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adafactor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>

// These tests compare the order in which a rank starts messages, waits for them, and steps.

using namespace furl;
using namespace furl::tests;

namespace {

// Moves data as a local_rank does, and notes each call: g and w where gradients and weights are sent, G and W where they have come. It holds its
// caller to the order that a Communicator is promised.
class noted_rank {
  public:
    explicit noted_rank(local_rank& moves) : moves_(&moves) {}

    std::size_t rank() const { return moves_->rank(); }
    std::size_t size() const { return moves_->size(); }
    std::size_t start_all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
                                 std::span<const std::size_t> receive_first) {
        return note('g', moves_->start_all_to_all(send, send_first, receive, receive_first));
    }
    std::size_t start_all_gather(std::span<std::byte> all, std::span<const std::size_t> first) {
        if (at_weights) at_weights();
        return note('w', moves_->start_all_gather(all, first));
    }
    void finish(std::size_t ticket) {
        REQUIRE(!open_.empty());
        CHECK(open_.front().ticket == ticket);
        calls += open_.front().what == 'g' ? 'G' : 'W';
        open_.pop_front();
        moves_->finish(ticket);
    }

    std::string calls;
    std::function<void()> at_weights;  // is called before weights or partial results are sent

  private:
    struct call {
        char what;
        std::size_t ticket;
    };
    local_rank* moves_;
    std::deque<call> open_;

    std::size_t note(char what, std::size_t ticket) {
        calls += what;
        open_.push_back({what, ticket});
        return ticket;
    }
};

// The calls of the second step of rank 0 of two.
template <class Make>
std::string calls_of_step(const shape_list& shapes, Make make) {
    std::string calls;
    local_ranks ranks(2);
    ranks.run([&](local_rank& me) {
        noted_rank noted(me);
        auto opt = make(noted);
        auto w = drawn(shapes, 7);
        opt->step(w, gradients_of(shapes, 1, me.rank(), 2));
        noted.calls.clear();
        opt->step(w, gradients_of(shapes, 2, me.rank(), 2));
        if (me.rank() == 0) calls = noted.calls;
    });
    return calls;
}
template <class Rule, class... Policies>
std::string calls_of(const shape_list& shapes) {
    return calls_of_step(shapes, [&](noted_rank& me) { return std::make_unique<sharded_optimizer<Rule, float, Policies...>>(me, shapes, sharding_settings{.bucket = 1}); });
}
template <class Add>
std::string calls_of_groups(const shape_list& shapes, Add add) {
    return calls_of_step(shapes, [&](noted_rank& me) {
        auto groups = std::make_unique<sharded_groups<float>>(me, sharding_settings{.bucket = 1});
        add(*groups);
        return groups;
    });
}

struct averaging {
    static constexpr auto update = param - hyper<"lr">(0.1) * ema<"m">(grad, 0.9);
};
struct row_centered {
    static constexpr auto update = param - hyper<"lr">(0.1) * (grad - per_row(mean(grad)));
};

}  // namespace

// A step begins with wW, in which the ranks agree. A share of 4096 elements is four messages of 1024.
TEST_CASE("gradients and weights are on their way while a rule of elements steps") {
    CHECK(calls_of<averaging>({{1, 8192}}) == "wW" "g" "gG" "w" "gG" "wW" "gG" "wW" "G" "wW" "W");
}

TEST_CASE("so they are for rules of rows, with weights as many messages later as a row may be long") {
    // Rows of 512 elements: a message ends behind a row or up to 511 elements later, so weights are sent one message later.
    CHECK(calls_of<row_centered>({{16, 512}}) == "wW" "g" "gG" "gG" "w" "gG" "wW" "G" "wW" "wW" "W");
    // A row that is a whole share.
    CHECK(calls_of<row_centered>({{2, 4096}}) == "wW" "g" "gG" "gG" "gG" "G" "w" "wW" "wW" "wW" "W");
}

TEST_CASE("and for states in blocks") {
    CHECK(calls_of<averaging, storage<state_as<"m", block8>>>({{1, 8192}}) == "wW" "g" "gG" "gG" "w" "gG" "wW" "G" "wW" "wW" "W");
}

// Messages are finished in the order in which they were started. So the last weights of the first group are received before the second
// gradients of the second group.
TEST_CASE("a group's first gradients are on their way while the group before steps, and weights while the next one steps") {
    const shape_list shapes{{1, 8192}, {1, 8192}};
    CHECK(calls_of_groups(shapes, [](auto& groups) {
        groups.template add<averaging>({8192});
        groups.template add<averaging>({8192});
    }) == "wW" "g" "gG" "w" "gG" "wW" "gG" "wW" "gG" "wW" "gG" "w" "gWG" "wW" "gG" "wW" "G" "wW" "W");
}

TEST_CASE("gradients of rules with reductions come first, those of other groups later") {
    const shape_list shapes{{1, 2048}, {1, 4096}, {1, 8192}};
    const auto calls = calls_of_groups(shapes, [](auto& groups) {
        groups.template add<averaging>({2048});
        groups.template add<clipped_adam>({4096});
        groups.template add<averaging>({8192});
    });
    CHECK(calls.starts_with("wW" "ggGgGgGG" "wW"));  // the one of the norm's partial results is last
    CHECK(calls.ends_with("W"));
}

TEST_CASE("weights of a rule with a reduction are sent before the rest of the share is stepped") {
    const auto check = [](auto make, const shape_list& shapes) {
        local_ranks ranks(2);
        ranks.run([&](local_rank& me) {
            noted_rank noted(me);
            const auto opt = make(noted, shapes);
            auto w = drawn(shapes, 7);
            const auto before = w;
            const auto end = me.rank() == 0 ? w[0].size() / 2 : w[0].size();  // of this rank's part
            bool is_first_stepped = false, was_last_behind = false;
            noted.at_weights = [&] {
                const bool now = w[0][end - w[0].size() / 2] != before[0][end - w[0].size() / 2];
                if (now && !is_first_stepped) was_last_behind = w[0][end - 1] == before[0][end - 1];
                is_first_stepped |= now;
            };
            opt->step(w, gradients_of(shapes, 1, me.rank(), 2));
            CHECK(w[0][end - 1] != before[0][end - 1]);
            CHECK(is_first_stepped);
            CHECK(was_last_behind);
        });
    };
    check([](noted_rank& me, const shape_list& shapes) { return std::make_unique<sharded_optimizer<clipped_adam>>(me, shapes, sharding_settings{.bucket = 1}); }, {{1, 16384}});
    check([](noted_rank& me, const shape_list& shapes) { return std::make_unique<sharded_optimizer<zoo::adafactor>>(me, shapes, sharding_settings{.bucket = 1}); },
          {{4096, 128}});
    check([](noted_rank& me, const shape_list& shapes) {
        auto groups = std::make_unique<sharded_groups<float>>(me, sharding_settings{.bucket = 1});
        groups->add<clipped_adam>(shapes);
        return groups;
    }, {{1, 16384}});
}

TEST_CASE("with several threads on one rank, all ranks step at once, and other groups are on their way") {
    const shape_list shapes{{1, 8192}, {1, 8192}};
    local_ranks ranks(2);
    ranks.run([&](local_rank& me) {
        noted_rank noted(me);
        sharded_groups<float> groups(noted, {.bucket = 1});
        groups.add<averaging>({8192});
        groups.add<averaging>({8192});
        noted.calls.clear();
        thread_pool pool(1 + me.rank());
        auto w = drawn(shapes, 7);
        groups.step(pool, w, gradients_of(shapes, 1, me.rank(), 2));
        CHECK(noted.calls == "wW" "g" "gG" "gG" "gG" "gG" "w" "wGW" "wW" "wW" "g" "gWG" "gG" "G" "w" "wW" "wW" "wW" "W");
    });
}
