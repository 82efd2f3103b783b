#include <furl/blocks/blocks.hpp>
#include <furl/furl.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adan.hpp>
#include <furl/zoo/adopt.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/madgrad.hpp>
#include <furl/zoo/novograd.hpp>
#include <furl/zoo/schedule_free.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <random>

// Tensors that have no gradient in some steps, among them the first.
using namespace furl;
using namespace furl::tests;

namespace {

using list = std::vector<std::vector<float>>;

template <class Rule>
struct own_steps {
    static constexpr auto update = steps_per_tensor(Rule::update);
};

struct damped : zoo::sgd_momentum {
    static constexpr auto update = replace(zoo::sgd_momentum::update, dampening, 0.5);
};
struct ahead {
    static constexpr auto update = lookahead(zoo::sgd_momentum::update, 3, 0.5);
};
struct averaged {
    static constexpr auto update = weight_ema(zoo::adam::update, 0.9);
};
struct late_average {
    static constexpr auto update = swa(zoo::sgd::update, 3, 2);
};
struct accumulating {
    static constexpr auto update = accumulate_gradients(zoo::adan::update, 2);
};
struct switching {
    static constexpr auto update = switch_at(3, replace(zoo::sgd::update, zoo::sgd::lr, 0.1), zoo::adan::update);
};
struct clipped {
    static constexpr auto update =
        skip_nonfinite(replace(zoo::adam::update, grad, clip_by_global_norm(grad, 0.1))) + 0.001 * global(mean(grad));
};
struct decayed {
    static constexpr auto decay = per_tensor<"weight_decay">(0.1);
    static constexpr auto update = param * (1 - decay) - 0.01 * momentum<"b">(grad, 0.9);
};
struct decayed_alike {
    static constexpr auto update = param * (1 - hyper<"weight_decay">(0.1)) - 0.01 * momentum<"b">(grad, 0.9);
};
struct guarded_descent {
    static constexpr auto update = skip_nonfinite(param - 0.5 * grad);
};
struct emptying {
    static constexpr auto update = zero_grad(zoo::sgd::update);
};

struct masked {
    static constexpr auto update = param - 0.1 * grad * input<"mask">;
};
struct k5 {
    static constexpr auto update = lookahead(zoo::sgd::update, 5, 0.5);
};
struct swa3 {
    static constexpr auto update = swa(zoo::sgd::update, 3);
};
struct summed {
    static constexpr auto s = state<"s">(grad, [](auto old) { return old + grad; });
    static constexpr auto update = accumulate_gradients(param - s, 2);
};
struct two_adan {
    static constexpr auto update = accumulate_gradients(zoo::adan::update, 2);
};
struct two {
    static constexpr auto update = accumulate_gradients(zoo::sgd::update, 2);
};
struct ema99 {
    static constexpr auto update = weight_ema(zoo::sgd::update, 0.99);
};
struct two_novograd {
    static constexpr auto update = accumulate_gradients(zoo::novograd::update, 2);
};

constexpr std::size_t sizes[]{5000, 7, 0, 20, 3};
constexpr std::size_t tensors = std::size(sizes);

list normal_list(unsigned seed) {
    list all;
    for (auto n : sizes) all.push_back(normal_values<float>(n, seed++));
    return all;
}

// Whether a tensor has a gradient: the second has none in the first two steps, the fourth in some others.
bool has_gradient(std::size_t tensor, unsigned t) { return tensor == 1 ? t >= 2 : tensor != 3 || t % 3 != 1; }

std::vector<float> one_block(const list& tensors_of) {
    std::vector<float> all;
    for (const auto& x : tensors_of) all.insert(all.end(), x.begin(), x.end());
    return all;
}

std::vector<std::span<float>> cut(std::vector<float>& block) {
    std::vector<std::span<float>> parts;
    for (std::size_t i = 0, at = 0; i < tensors; at += sizes[i++]) parts.push_back(std::span(block).subspan(at, sizes[i]));
    return parts;
}

}  // namespace

// Each tensor has an optimizer of its own that is called only where it has a gradient: that is what each must become, on
// one thread and on several, apart in memory and one behind the other.
TEST_CASE_TEMPLATE("a tensor without a gradient waits, and then goes on as one that was never called", Rule, zoo::adam, damped,
                   zoo::adan, zoo::novograd, zoo::adopt, zoo::madgrad, zoo::lamb, zoo::schedule_free_sgd, ahead, averaged,
                   late_average, accumulating, switching) {
    using Own = own_steps<Rule>;
    // Strict: by default a bias correction leaves its root, where its count is that of all tensors.
    optimizer<Own, float, strict> together(sizes), joined(sizes), one_by_one(sizes);
    std::vector<optimizer<Rule, float, strict>> alone;
    for (auto n : sizes) alone.emplace_back(n);
    auto w = normal_list(1), x = w, y = w;
    auto block = one_block(w);
    auto blocks = cut(block);
    thread_pool pool(3);
    for (unsigned t = 0; t < 9; ++t) {
        auto g = normal_list(20 + t);
        auto gradient_block = one_block(g);
        auto gradient_blocks = cut(gradient_block);
        for (std::size_t i = 0; i < tensors; ++i) {
            if (has_gradient(i, t)) {
                alone[i].step(w[i], g[i]);
                one_by_one.step_tensor(i, y[i], g[i]);
                continue;
            }
            one_by_one.step_tensor(i, y[i], std::vector<float>());
            gradient_blocks[i] = {};
            g[i] = {};
        }
        REQUIRE(together.step(pool, x, g));
        REQUIRE(joined.step(blocks, gradient_blocks));
        REQUIRE(x == w);
        REQUIRE(block == one_block(w));
        REQUIRE(y == w);
        CHECK(together.step_count() == t + 1);
        CHECK(one_by_one.step_count() == t + 1);
    }
    for (auto name : alone[0].states())
        for (std::size_t i = 0; i < tensors; ++i) {
            CHECK(std::ranges::equal(together.state(name, i), alone[i].state(name)));
            CHECK(std::ranges::equal(joined.state(name, i), alone[i].state(name)));
        }
}

TEST_CASE("what is global is of the tensors that have a gradient") {
    optimizer<clipped> all{40, 5000, 9}, two{40, 9};
    list w{normal_values<float>(40, 1), normal_values<float>(5000, 2), normal_values<float>(9, 3)}, v{w[0], w[2]};
    const auto middle = w[1];
    for (unsigned t = 0; t < 4; ++t) {
        list g{normal_values<float>(40, 10 + t), {}, normal_values<float>(9, 30 + t)}, h{g[0], g[2]};
        CHECK(all.step(w, g));
        CHECK(two.step(v, h));
        CHECK(w[0] == v[0]);
        CHECK(w[2] == v[1]);
    }
    CHECK(w[1] == middle);
    // The partial sums of an earlier step do not count either.
    CHECK(all.step(w, list{normal_values<float>(40, 50), normal_values<float>(5000, 51, 1e6), normal_values<float>(9, 52)}));
    optimizer<clipped> again{40, 9};
    list u{w[0], w[2]};
    for (std::size_t k : {std::size_t{0}, std::size_t{2}}) {
        const std::size_t i = k / 2;
        for (auto name : {"m", "v"}) std::ranges::copy(all.state(name, k), again.state(name, i).begin());
    }
    again.set_step_count(5);
    list g{normal_values<float>(40, 60), {}, normal_values<float>(9, 61)}, h{g[0], g[2]};
    CHECK(all.step(w, g));
    CHECK(again.step(u, h));
    CHECK(w[0] == u[0]);
}

TEST_CASE("a step without any gradient is none") {
    optimizer<zoo::adam> opt{3, 0, 4};
    list w{{1, 2, 3}, {}, {1, 2, 3, 4}}, none(3);
    const auto before = w;
    CHECK_FALSE(opt.step(w, none));
    CHECK(opt.step_count() == 0);
    CHECK_FALSE(opt.step_tensor(0, w[0], none[0]) == false);
    opt.step_tensor(2, w[2], none[2]);
    opt.finish_step();
    CHECK(opt.step_count() == 0);
    CHECK(w == before);
    list g = w;
    CHECK(opt.step(w, g));
    CHECK(opt.step_count() == 1);
    optimizer<zoo::adam> empty(0);
    std::vector<float> nothing;
    CHECK(empty.step(nothing, nothing));
}

TEST_CASE("a gradient that is too short is no empty one, and inputs of a tensor without a gradient may be there or not") {
    optimizer<zoo::adam> opt{3, 4};
    list w{{1, 2, 3}, {1, 2, 3, 4}}, g{{}, {1, 2, 3}};
    const auto before = w;
    CHECK(message_of([&] { opt.step(w, g); }) == "furl: tensor 1: gradients have 3 elements, expected 4 as at construction");
    CHECK(w == before);
    g = {{}, {1, 2, 3, 4}};
    CHECK(opt.step(w, g));
    CHECK(w[0] == before[0]);
    CHECK(w[1] != before[1]);

    optimizer<masked> other{3, 4};
    for (const auto& mask : {list{{}, {1, 1, 1, 1}}, list{{1, 1, 1}, {1, 1, 1, 1}}}) CHECK(other.step(w, g, input<"mask"> = mask));
    CHECK(message_of([&] { other.step(w, g, input<"mask"> = list{{1}, {1, 1, 1, 1}}); }).find("input 'mask' have 1 elements") !=
          std::string::npos);
}

TEST_CASE("a rule that zeroes gradients zeroes those that are there") {
    optimizer<emptying> opt{2, 3};
    list w{{1, 2}, {3, 4, 5}}, g{{1, 1}, {}};
    CHECK(opt.step(w, g));
    CHECK(g[0] == std::vector<float>{0, 0});
    CHECK(w[1] == std::vector<float>{3, 4, 5});
}

TEST_CASE("a step count that was set without states starts no state late") {
    const auto fifth_step = [](auto opt) {
        std::vector<float> w{10}, g{0};
        opt.set_step_count(4);
        opt.step(w, g);
        for (auto name : opt.states())
            if (opt.state(name)[0] != 0) w.push_back(opt.state(name)[0]);
        return w;
    };
    const std::vector<float> tens{10, 10};
    CHECK(fifth_step(optimizer<k5>(1)) == tens);
    CHECK(fifth_step(optimizer<ema99>(1)) == tens);
    CHECK(fifth_step(optimizer<swa3>(1)) == tens);
    CHECK(fifth_step(optimizer<zoo::madgrad>(1)) == tens);
    CHECK(fifth_step(optimizer<zoo::schedule_free_sgd>(1)) == tens);
}

TEST_CASE("a step count that is no count is refused") {
    optimizer<zoo::adam> opt(1);
    opt.set_step_count(7);
    for (auto wrong : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
        CHECK(message_of([&] { opt.set_step_count(wrong); }).find("it must be at least 0") != std::string::npos);
        CHECK(opt.step_count() == 7);
    }
    CHECK(message_of([&] { static_cast<void>(opt.size(7)); }) == "furl: no tensor 7; the optimizer has 1");
}

TEST_CASE("accumulated gradients start a state from their mean") {
    std::vector<float> w{0}, g{1};
    optimizer<summed> opt(1);
    opt.step(w, g);
    CHECK(w[0] == 0);
    g[0] = 3;
    opt.step(w, g);
    CHECK(w[0] == -4);  // s starts from the mean, 2, and the mean is added

    // Ten steps with the means of two gradients each.
    const auto last_of = [](auto once, auto twice) {
        std::vector<double> x{1}, y{1}, mean{0};
        for (int t = 1; t <= 20; ++t) {
            const std::vector<double> gradient{std::sin(t)};
            twice.step(y, gradient);
            mean[0] += gradient[0];
            if (t % 2 == 1) continue;
            mean[0] /= 2;
            once.step(x, mean);
            mean[0] = 0;
        }
        CHECK(x[0] != 1);
        return std::pair(x[0], y[0]);
    };
    const auto [a, b] = last_of(optimizer<zoo::adan, double, strict>(1), optimizer<two_adan, double, strict>(1));
    CHECK(a == b);
    const auto [c, d] = last_of(optimizer<zoo::novograd, double, strict>(1), optimizer<two_novograd, double, strict>(1));
    CHECK(c == d);
}

TEST_CASE("a gradient that is accumulated waits for a step in which its tensor has one, and is not counted twice") {
    optimizer<two> opt{1, 1};
    opt.set("lr", 1);
    list w{{0}, {0}};
    const auto go = [&](std::vector<float> a, std::vector<float> b) { opt.step(w, list{std::move(a), std::move(b)}); };
    go({2}, {2});
    go({4}, {});
    CHECK(w == list{{-3}, {0}});
    go({2}, {});
    go({4}, {8});
    CHECK(w == list{{-6}, {-5}});
    go({2}, {});
    go({2}, {6});
    CHECK(w == list{{-8}, {-8}});
}

TEST_CASE("each tensor has its value of a hyperparameter per tensor, joined in memory or not, on any number of threads") {
    optimizer<decayed> opt(sizes);
    std::vector<optimizer<decayed_alike>> alone;
    for (auto n : sizes) alone.emplace_back(n);
    CHECK(opt[decayed::decay].size() == tensors);
    const auto set = [&](std::size_t i, double value) {
        opt[decayed::decay][i] = value;
        alone[i].set("weight_decay", value);
    };
    set(1, 0);
    set(3, 0.25);
    opt.set("weight_decay", 4, 0.5);
    alone[4].set("weight_decay", 0.5);
    auto w = normal_list(1);
    auto block = one_block(w);
    auto blocks = cut(block);
    thread_pool pool(2);
    for (unsigned t = 0; t < 4; ++t) {
        const auto g = normal_list(20 + t);
        auto gradient_block = one_block(g);
        if (t == 2) opt.reset();
        for (std::size_t i = 0; i < tensors; ++i) {
            if (t == 2) alone[i].reset();
            alone[i].step(w[i], g[i]);
        }
        REQUIRE(opt.step(pool, blocks, cut(gradient_block)));
        REQUIRE(block == one_block(w));
    }
    CHECK(opt.get("weight_decay", 4) == 0.5);
    CHECK(std::ranges::equal(opt.tensor_hyperparameters(), std::array{std::string_view("weight_decay")}));
    opt.set("weight_decay", 0.125);
    CHECK(std::ranges::equal(opt[decayed::decay], std::vector(tensors, 0.125)));
    CHECK(message_of([&] { opt.set("weight_decai", 0, 1.0); }).find("did you mean 'weight_decay'") != std::string::npos);
    CHECK(message_of([&] { opt.set("weight_decay", 5, 1.0); }).find("no tensor 5") != std::string::npos);
    CHECK(text<decayed>() == "b       = 0.9 * previous(b) + grad\nupdated = param * (1 - weight_decay) - 0.01 * b\n");
    CHECK(latex<decayed>().find("\\lambda_i") != std::string::npos);
}

TEST_CASE("a value per tensor that is set while a step tensor by tensor is open stays") {
    optimizer<decayed> opt{1, 1};
    list w{{1}, {1}}, g{{0}, {0}};
    opt.step_tensor(0, w[0], g[0]);
    opt.set("weight_decay", 0, 0.5);
    opt.step_tensor(1, w[1], g[1]);
    CHECK(opt.get("weight_decay", 0) == 0.5);
    CHECK(opt.get("weight_decay", 1) == 0.1);
}

TEST_CASE("masters are taken in the first step that is done for their tensor, not in one that is skipped or without it") {
    optimizer<guarded_descent, float, storage<param_as<master<bfloat16>>>> opt{2, 2};
    std::vector<bfloat16> w(2, bfloat16(1.0f)), v = w;
    std::vector<float> g{1, 1}, none, infinite{1, std::numeric_limits<float>::infinity()};
    CHECK(opt.step({w, v}, {none, g}));
    w.assign(2, bfloat16(8.0f));  // loaded, say
    CHECK_FALSE(opt.step({w, v}, {infinite, g}));
    w.assign(2, bfloat16(16.0f));
    CHECK(opt.step({w, v}, {g, g}));
    CHECK(static_cast<float>(w[0]) == 15.5f);
    CHECK(static_cast<float>(v[0]) == 0.0f);
}
