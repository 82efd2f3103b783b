#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>

#include <furl/distributed/checkpoint.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/matrix/muon.hpp>
#include <furl/zoo/momentum.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct zeroing {
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto update = zero_grad(param - hyper<"lr">(0.1) * m);
};

// 16 bits on the wire and in memory: weights with a master of 32 bits beside them, a state with random rounding, one in blocks.
using narrow = storage<param_as<master<bfloat16>>, grad_as<bfloat16>, state_as<"m", stochastic<bfloat16>>, state_as<"v", block8_positive>>;
using narrow_list = std::vector<std::vector<bfloat16>>;

narrow_list narrowed(const tensor_list& list) {
    narrow_list result;
    for (const auto& tensor : list) {
        auto& to = result.emplace_back();
        for (float x : tensor) to.push_back(bfloat16(x));
    }
    return result;
}

template <class Opt>
void train(Opt& opt, narrow_list& weights, int from, int to, std::size_t rank, std::size_t ranks) {
    for (int t = from; t < to; ++t) {
        auto gradients = narrowed(drawn(odd_shapes, static_cast<std::uint32_t>(t)));
        // Each element has its gradient on one rank, so sums are exact.
        for (auto& tensor : gradients)
            for (std::size_t k = 0; k < tensor.size(); ++k)
                if (k % ranks != rank) tensor[k] = bfloat16(0.0f);
        opt.step(weights, gradients);
    }
}

std::vector<std::byte> saved(const auto& opt, const narrow_list& weights) {
    std::vector<std::byte> file;
    save_checkpoint(file, opt, weights);
    return file;
}

}  // namespace

TEST_CASE("threads of each rank change no bits, and gradients are zeroed where the rule says so") {
    optimizer<zeroing> alone(odd_shapes);
    auto weights = drawn(odd_shapes, 7);
    for (std::uint32_t t = 0; t < 5; ++t) {
        auto gradients = drawn(odd_shapes, t);
        alone.step(weights, gradients);
    }
    for (std::size_t n : {1u, 3u}) {
        local_ranks ranks(n);
        ranks.run([&](local_rank& me) {
            for (std::size_t threads : {1u, 3u}) {
                thread_pool pool(threads);
                sharded_optimizer<zeroing> opt(me, odd_shapes, {.bucket = 1});
                auto own = drawn(odd_shapes, 7);
                for (std::uint32_t t = 0; t < 5; ++t) {
                    auto gradients = gradients_of(odd_shapes, t, me.rank(), n);
                    CHECK(opt.step(pool, own, gradients));
                    for (const auto& tensor : gradients)
                        for (float x : tensor) REQUIRE(x == 0);
                }
                CHECK(own == weights);
            }
        });
    }
}

TEST_CASE("formats of 16 bits and of blocks have the same bits on any number of ranks, and in the checkpoints of all") {
    optimizer<clipped_adam, float, narrow> alone(odd_shapes);
    auto weights = narrowed(drawn(odd_shapes, 7));
    const auto at_first = saved(alone, weights);
    train(alone, weights, 0, 20, 0, 1);
    const auto in_between = saved(alone, weights);
    train(alone, weights, 20, 30, 0, 1);
    const auto at_last = saved(alone, weights);
    for (std::size_t n : {1u, 2u, 5u}) {
        CAPTURE(n);
        local_ranks ranks(n);
        ranks.run([&](local_rank& me) {
            // Messages of 1024 elements, which begin and end within blocks of the formats.
            sharded_optimizer<clipped_adam, float, narrow> opt(me, odd_shapes, {.bucket = n == 5 ? 1u : 0u});
            auto own = narrowed(drawn(odd_shapes, 7));
            const auto check = [&](const std::vector<std::byte>& expected) {
                const auto file = saved(opt, own);
                if (me.rank() == 0) CHECK(file == expected);
            };
            check(at_first);
            load_checkpoint(at_first, opt, own);  // before the first step, masters are not yet taken from the weights
            train(opt, own, 0, 20, me.rank(), n);
            check(in_between);
            train(opt, own, 20, 25, me.rank(), n);
            load_checkpoint(in_between, opt, own);
            train(opt, own, 20, 30, me.rank(), n);
            check(at_last);
        });
    }
}

TEST_CASE("ranks may have different numbers of threads: then no rank steps while messages are on their way") {
    optimizer<zeroing> alone(odd_shapes);
    auto weights = drawn(odd_shapes, 7), gradients = drawn(odd_shapes, 1);
    alone.step(weights, gradients);
    local_ranks ranks(3);
    ranks.run([&](local_rank& me) {
        thread_pool pool(me.rank() + 1);
        sharded_optimizer<zeroing> opt(me, odd_shapes, {.bucket = 1});
        auto own = drawn(odd_shapes, 7), own_gradients = gradients_of(odd_shapes, 1, me.rank(), 3);
        CHECK(opt.step(pool, own, own_gradients));
        CHECK(own == weights);
    });
}

TEST_CASE("momentum has the same bits on any number of ranks, and where a tensor has no gradient") {
    check_all<zoo::momentum>(odd_shapes, {.leaves_out = true});
}

TEST_CASE("so has LAMB, whose trust ratio is of each tensor, however small the messages") {
    check_all<zoo::lamb>(odd_shapes, {.leaves_out = true}, {.bucket = 1});
}

TEST_CASE("and Adafactor, with two tensors of several groups of rows") { check_all<zoo::adafactor>(tall_shapes, {}, {.bucket = 1 << 16}); }

TEST_CASE("and a rule of rows, with random numbers, where messages have some rows or less than one") {
    for (std::size_t bucket : {0u, 1u}) check_all<centered_and_noisy>({{33, 65}, {0, 5}, {7, 4111}, {1, 5000}, {900, 7}, {3, 0}}, {.leaves_out = true}, {.bucket = bucket});
}

TEST_CASE("and NorMuon and Muon, by whole matrices") {
    check_all<zoo::normuon, plain_engine>({{6, 9}, {0, 5}, {11, 4}, {8, 8}}, {.steps = 10});
    const shape_list several_messages{{40, 60}, {33, 70}, {64, 64}};
    check_all<zoo::normuon, plain_engine>(several_messages, {.steps = 3}, {.bucket = 1});
    check_all<zoo::muon, plain_engine>(several_messages, {.steps = 3}, {.bucket = 1});
}
