#include <distributed/rules.hpp>
#include <distributed/same_bits.hpp>
#include <support/eigen_like.hpp>
#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <furl/distributed/checkpoint.hpp>
#include <furl/distributed/sharded_groups.hpp>
#include <furl/formats/storage.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/lamb.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace furl;
using namespace furl::tests;

namespace {

struct clipped_momentum {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto m = furl::momentum<"m">(clip_by_global_norm(grad, 1.0), 0.9);
    static constexpr auto update = param - lr * m;
};

const shape_list all_shapes{{3, 4111}, {1, 17}, {0, 5}, {70, 300}, {1, 1}, {1, 12289}};

shape_list some(std::initializer_list<std::size_t> numbers) {
    shape_list list;
    for (auto i : numbers) list.push_back(all_shapes[i]);
    return list;
}

struct zeroing {
    static constexpr auto update = zero_grad(param - hyper<"lr">(0.1) * grad);
};
struct centered {
    static constexpr auto update = param - hyper<"lr">(0.1) * (grad - per_row(mean(grad)));
};

// Two groups under one norm, of which one has two multipliers; and one of another rule, which is frozen for some steps.
template <class Groups>
void add_groups(Groups& groups) {
    groups.template add<zoo::lamb>(shape_list());
    groups.template add<clipped_adam>(some({0, 2, 3}), {.lr_scale = {1, 1, 0.5}, .tensors = {0, 2, 3}});
    groups.template add<zoo::lamb>(shape_list());
    groups.template add<clipped_momentum>(some({1, 5}), {.settings = {{"lr", 0.05}}, .tensors = {1, 5}});
    groups.template add<zoo::lamb>(some({4}), {.tensors = {4}});
}

// Some steps; before and after, what changes between them. In step 3 tensor 0 and all of the second group have no gradient, in step 4 a gradient
// is not a number.
template <class Groups, class Gradients>
void do_steps(Groups& groups, tensor_list& w, int from, int to, bool is_last, Gradients gradients) {
    for (int t = from; t < to; ++t) {
        auto g = gradients(100 + static_cast<std::uint32_t>(t));
        if (t == 3) g[0].clear(), g[1].clear(), g[5].clear();
        if (t == 4 && is_last) g[3][7] = std::numeric_limits<float>::quiet_NaN();
        if (t == 5) groups[4].freeze();
        if (t == 6) groups[4].freeze(false), groups.set("lr", 0.02);
        CHECK(groups.step(w, g) == (t != 4));
    }
}

void step_on_rank(sharded_groups<float>& groups, tensor_list& w, int from, int to) {
    do_steps(groups, w, from, to, groups.rank() + 1 == groups.ranks(),
             [&](std::uint32_t seed) { return gradients_of(all_shapes, seed, groups.rank(), groups.ranks()); });
}
void step_alone(grouped_optimizer<float>& groups, tensor_list& w, int from, int to) {
    do_steps(groups, w, from, to, true, [&](std::uint32_t seed) { return drawn(all_shapes, seed); });
}

template <class Add>
std::string refusal(std::size_t n, Add call) {
    std::vector<std::string> said(n);
    local_ranks ranks(n);
    ranks.run([&](local_rank& me) { said[me.rank()] = message_of([&] { call(me); }); });
    for (const auto& s : said) CHECK(s == said[0]);
    return said[0];
}

}  // namespace

TEST_CASE("groups under one norm have the bits of one process on any number of ranks, with absent gradients, frozen groups and a skipped step") {
    grouped_optimizer<float> alone;
    add_groups(alone);
    auto expected = drawn(all_shapes, 7);
    step_alone(alone, expected, 0, 9);
    for (std::size_t n : {1u, 2u, 3u, 5u}) {
        CAPTURE(n);
        local_ranks ranks(n);
        std::vector<std::uint64_t> found(n);
        std::vector<std::size_t> memory(n);
        ranks.run([&](local_rank& me) {
            sharded_groups<float> groups(me, {.bucket = 1});
            add_groups(groups);
            auto w = drawn(all_shapes, 7);
            step_on_rank(groups, w, 0, 9);
            found[me.rank()] = hash(w);
            memory[me.rank()] = groups.state_memory();
            CHECK(groups[3].step_count() == 7);  // not in the third, nor in the fourth
            CHECK(groups[4].step_count() == 7);
        });
        for (auto h : found) CHECK(h == hash(expected));
        std::size_t elements = 0;
        for (const auto& s : all_shapes) elements += s.size();
        for (auto bytes : memory) CHECK(bytes < 8 * (elements / n + 4 * 4096) + 1000);
    }
}

TEST_CASE("a mean and a pool of threads work in groups of ranks") {
    const shape_list shapes{{1, 9000}, {1, 300}};
    grouped_optimizer<float> alone;
    alone.add<clipped_adam>({9000});
    alone.add<clipped_momentum>({300});
    auto expected = drawn(shapes, 7);
    for (std::uint32_t t = 0; t < 3; ++t) {
        auto g = drawn(shapes, t);
        for (auto& x : g)
            for (auto& y : x) y /= 2;
        alone.step(expected, g);
    }
    local_ranks ranks(2);
    ranks.run([&](local_rank& me) {
        sharded_groups<float> groups(me, {.mean = true});
        groups.add<clipped_adam>({9000});
        groups.add<clipped_momentum>({300});
        thread_pool pool(2);
        auto w = drawn(shapes, 7);
        for (std::uint32_t t = 0; t < 3; ++t) {
            const auto g = gradients_of(shapes, t, me.rank(), 2);
            groups.step(pool, w, g);
        }
        CHECK(hash(w) == hash(expected));
    });
}

TEST_CASE("gradients are zeroed on all ranks, and may be const where their tensor has none; a frozen group needs no data") {
    for (std::size_t n : {1u, 2u, 3u}) {
        CAPTURE(n);
        local_ranks ranks(n);
        ranks.run([&](local_rank& me) {
            sharded_groups<float> groups(me);
            groups.add<zeroing>({10});
            groups.add<clipped_momentum>({20});
            groups.add<zoo::lamb>({30}, {.frozen = true});
            std::vector<float> w(10), v(20), g(10, 1), h(20, 1);
            std::vector<std::span<float>> weights{w, v, {}}, gradients{g, h, {}};
            CHECK(groups.step(weights, gradients));
            CHECK(g == std::vector<float>(10, 0.0f));
            CHECK(h == std::vector<float>(20, 1.0f));
            const std::vector<float> fixed(20, 1);
            std::vector<std::span<const float>> some_const{{}, fixed, {}};
            CHECK(groups.step(weights, some_const));
            CHECK(groups.step({w, v, {}}, {g, fixed, {}}));
            thread_pool pool(2);
            CHECK(groups.step(pool, {w, v, {}}, {g, h, {}}));
        });
    }
}

TEST_CASE("rules of rows step in groups on ranks, and matrices that lie column by column are refused") {
    const shape_list shapes{{60, 300}};
    grouped_optimizer<float> alone;
    alone.add<centered>(shapes);
    auto expected = drawn(shapes, 7);
    for (std::uint32_t t = 0; t < 3; ++t) alone.step(expected, drawn(shapes, t));
    local_ranks ranks(2);
    ranks.run([&](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<centered>(shapes);
        auto w = drawn(shapes, 7);
        for (std::uint32_t t = 0; t < 3; ++t) groups.step(w, gradients_of(shapes, t, me.rank(), 2));
        CHECK(hash(w) == hash(expected));
        std::vector<float> numbers(60 * 300), slopes(60 * 300);
        eigen_like<false> by_columns{numbers.data(), 60, 300, 1, 60}, g{slopes.data(), 60, 300, 1, 60};
        CHECK_THROWS_WITH_AS(groups.step(by_columns, g), doctest::Contains("row by row, because the step goes by rows"), std::invalid_argument);
    });
}

TEST_CASE("groups of 16 bits have the bits of one process") {
    using narrow = furl::storage<param_as<bfloat16>, grad_as<bfloat16>>;
    const auto narrowed = [](const tensor_list& list) {
        std::vector<std::vector<bfloat16>> all;
        for (const auto& x : list) all.emplace_back(x.begin(), x.end());
        return all;
    };
    const shape_list shapes{{1, 9000}, {1, 300}};
    const auto train = [&](auto& groups, auto gradients) {
        groups.template add<clipped_adam, narrow>({9000});
        groups.template add<clipped_momentum, narrow>({300});
        auto w = narrowed(drawn(shapes, 7));
        for (std::uint32_t t = 0; t < 3; ++t) groups.step(w, gradients(t));
        tensor_list wide;
        for (const auto& x : w) wide.emplace_back(x.begin(), x.end());
        return hash(wide);
    };
    grouped_optimizer<float, bfloat16> alone;
    const auto expected = train(alone, [&](std::uint32_t t) { return narrowed(drawn(shapes, t)); });
    local_ranks ranks(3);
    ranks.run([&](local_rank& me) {
        sharded_groups<float, bfloat16> groups(me);
        // One rank has the sum: that of parts in 16 bits would be rounded otherwise.
        CHECK(train(groups, [&](std::uint32_t t) {
            auto g = narrowed(drawn(shapes, t));
            if (me.rank() != 1)
                for (auto& x : g) std::ranges::fill(x, bfloat16(0));
            return g;
        }) == expected);
    });
}

TEST_CASE("a checkpoint of groups on some ranks goes on on others and in one process, to the bit") {
    const scratch directory;
    const auto first = directory / "first", second = directory / "second";
    grouped_optimizer<float> alone;
    add_groups(alone);
    auto expected = drawn(all_shapes, 7);
    step_alone(alone, expected, 0, 9);
    local_ranks three(3);
    three.run([&](local_rank& me) {
        sharded_groups<float> groups(me);
        add_groups(groups);
        auto w = drawn(all_shapes, 7);
        step_on_rank(groups, w, 0, 4);
        save_checkpoint(first, groups, w);
    });
    local_ranks two(2);
    two.run([&](local_rank& me) {
        sharded_groups<float> groups(me);
        add_groups(groups);
        auto w = drawn(all_shapes, 99);
        load_checkpoint(first, groups, w);
        step_on_rank(groups, w, 4, 7);
        save_checkpoint(second, groups, w);
    });
    grouped_optimizer<float> last;
    add_groups(last);
    auto w = drawn(all_shapes, 99);
    load_checkpoint(second, last, w);
    step_alone(last, w, 7, 9);
    CHECK(hash(w) == hash(expected));
}

// Masters of one group that never steps and so has none, 8-bit moments, states of rows and columns, and threads, in one checkpoint.
TEST_CASE("a checkpoint of groups in several storages is that of one process, byte for byte, and goes on anywhere") {
    using masters = furl::storage<param_as<master<bfloat16>>, grad_as<bfloat16>>;
    using blocks = furl::storage<param_as<bfloat16>, grad_as<bfloat16>, state_as<"m", block8>, state_as<"v", block8_positive>>;
    using narrow = furl::storage<param_as<bfloat16>, grad_as<bfloat16>>;
    const shape_list shapes{{1, 9000}, {1, 5000}, {60, 300}, {3, 4111}};
    const auto narrowed = [](const tensor_list& list) {
        std::vector<std::vector<bfloat16>> all;
        for (const auto& x : list) all.emplace_back(x.begin(), x.end());
        return all;
    };
    const auto add = [&](auto& groups) {
        groups.template add<clipped_adam, masters>(shape_list{shapes[0]});
        groups.template add<clipped_adam, masters>(shape_list{shapes[1]}, {.frozen = true});
        groups.template add<clipped_adam, blocks>(shape_list{shapes[3]}, {.lr_scale = {0.5}, .tensors = {3}});
        groups.template add<zoo::adafactor, narrow>(shape_list{shapes[2]}, {.tensors = {2}});
    };
    // One rank has the sum: that of parts in 16 bits would be rounded otherwise.
    const auto step = [&](auto& groups, auto& w, int from, int to, bool has_gradients, auto&&... pool) {
        for (int t = from; t < to; ++t) {
            if (t == 4) groups[1].freeze(false);
            auto g = narrowed(drawn(shapes, 100 + static_cast<std::uint32_t>(t)));
            for (auto& x : g)
                if (!has_gradients) std::ranges::fill(x, bfloat16(0));
            CHECK(groups.step(pool..., w, g));
        }
    };
    const auto bytes = [](const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const scratch directory;
    const auto early = directory / "early", late = directory / "late";
    std::string expected_early, expected_late;
    {
        grouped_optimizer<float, bfloat16> alone;
        add(alone);
        auto w = narrowed(drawn(shapes, 7));
        step(alone, w, 0, 3, true);
        save_checkpoint(early, alone, w);
        expected_early = bytes(early);
        step(alone, w, 3, 6, true);
        save_checkpoint(late, alone, w);
        expected_late = bytes(late);
    }
    for (std::size_t n : {2u, 3u, 5u}) {
        CAPTURE(n);
        local_ranks ranks(n);
        ranks.run([&](local_rank& me) {
            sharded_groups<float, bfloat16> groups(me);
            add(groups);
            auto w = narrowed(drawn(shapes, 7));
            step(groups, w, 0, 3, me.rank() == 0);
            save_checkpoint(early, groups, w);
        });
        CHECK(bytes(early) == expected_early);
        local_ranks others(n == 2 ? 5 : 2);
        others.run([&](local_rank& me) {
            sharded_groups<float, bfloat16> groups(me);
            add(groups);
            auto w = narrowed(drawn(shapes, 99));
            load_checkpoint(early, groups, w);
            thread_pool pool(2);
            step(groups, w, 3, 6, me.rank() == 0, pool);
            save_checkpoint(late, groups, w);
        });
        CHECK(bytes(late) == expected_late);
    }
}

TEST_CASE("what ranks do not agree on is refused on all, and named") {
    CHECK(refusal(2, [](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<clipped_adam>({me.rank() == 0 ? 10u : 11u});
    }) == "furl: tensor 0 is 1 x 10 on rank 0, and tensor 0 is 1 x 11 on rank 1; the ranks must agree");
    CHECK(refusal(2, [](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<clipped_adam>({10}, {.settings = {{"lr", me.rank() == 0 ? 0.1 : 0.2}}});
    }) == "furl: the setting 'lr' is 0.1 on rank 0, and the setting 'lr' is 0.2 on rank 1; the ranks must agree");
    CHECK(refusal(2, [](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<clipped_adam>({10}, {.settings = {{"beta", 0.1}}});
    }).starts_with("furl: no hyperparameter 'beta'"));
    CHECK(refusal(2, [](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<clipped_adam>({10});
        groups[0].set("lr", me.rank() == 0 ? 0.1 : 0.2);
        std::vector<float> w(10), g(10);
        groups.step(w, g);
    }) == "furl: hyperparameter 'lr' of tensor 0 is 0.1 on rank 0, and hyperparameter 'lr' of tensor 0 is 0.2 on rank 1; the ranks must agree");
    CHECK(refusal(2, [](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<clipped_adam>({10});
        groups[0].freeze(me.rank() == 1);
        std::vector<float> w(10), g(10);
        groups.step(w, g);
    }) == "furl: the frozen flag of tensor 0 is 0 on rank 0, and the frozen flag of tensor 0 is 1 on rank 1; the ranks must agree");
    CHECK(refusal(2, [](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<clipped_adam>({10});
        std::vector<float> w(10), g(me.rank() == 0 ? 10 : 9);
        groups.step(w, g);
    }) == "furl: on rank 1: tensor 0: gradients have 9 elements, expected 10 as at construction");
}

TEST_CASE("a refused group leaves the others as they were") {
    local_ranks ranks(2);
    ranks.run([](local_rank& me) {
        sharded_groups<float> groups(me);
        groups.add<clipped_adam>({10});
        CHECK_THROWS_AS(groups.add<clipped_momentum>({20}, {.settings = {{"no", 1}}}), std::invalid_argument);
        CHECK_THROWS_AS(groups.add<observed>({20}), std::invalid_argument);
        CHECK(groups.size() == 1);
        CHECK_THROWS_WITH(groups.part(1), "furl: no tensor 1; the optimizer has 1");
        std::vector<float> w(10, 1), g(10, 1);
        CHECK(groups.step(w, g));
        groups.add<clipped_momentum>({20});
        std::vector<std::vector<float>> ws{w, std::vector<float>(20)}, gs{g, std::vector<float>(20, 1)};
        CHECK(groups.step(ws, gs));
    });
}
