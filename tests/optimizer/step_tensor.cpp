#include <furl/furl.hpp>
#include <furl/runtime/any_optimizer.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

using namespace furl;
using namespace furl::tests;

namespace {

/// A reduction over the tensor, states of each domain, an input, noise.
struct rule {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto m = ema<"m">(grad + 0.01 * random_normal(3), 0.9);
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto ticks = accumulate<"ticks">(furl::step);
    static constexpr auto update = param - lr * m / (1 + bias_corrected(size)) / (1 + ticks) * abs(input<"mask">);
};

struct clipped {
    static constexpr auto update = param - hyper<"lr">(0.1) * clip_by_global_norm(grad, 1.0);
};

struct every_other {
    static constexpr auto update = skip_unless(hyper<"on">(1.0) > 0, param - 0.5 * grad);
};

using list = std::vector<std::vector<float>>;
constexpr std::size_t sizes[]{5000, 0, 7, 20};

list normal_list(unsigned seed) {
    list all;
    for (auto n : sizes) all.push_back(normal_values<float>(n, seed++));
    return all;
}

}  // namespace

TEST_CASE("tensors that step one by one, in any order, step as all at once, to the bit") {
    optimizer<rule> whole(sizes), apart(sizes);
    auto w = normal_list(1), x = w;
    const auto mask = normal_list(9);
    for (unsigned t = 0; t < 4; ++t) {
        const auto g = normal_list(20 + t);
        whole.step(w, g, input<"mask"> = mask);
        for (std::size_t k = 0; k < 4; ++k) {
            const auto i = (k * 3 + t) % 4;
            CHECK(apart.step_count() == t);
            auto gradient = g[i];
            CHECK(apart.step_tensor(i, x[i], gradient, input<"mask"> = mask[i]));
            gradient = {};  // may be freed
        }
        CHECK(w == x);
        CHECK(apart.step_count() == t + 1);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(std::ranges::equal(whole.state(rule::m, i), apart.state(rule::m, i)));
        CHECK(whole.scalar_state("size", i) == apart.scalar_state("size", i));
    }
    CHECK(whole.scalar_state("ticks", 0) == apart.scalar_state("ticks", 0));
}

TEST_CASE("an erased optimizer steps tensors one by one too") {
    optimizer<rule> whole(sizes);
    any_optimizer<float> apart = optimizer<rule>(sizes);
    auto w = normal_list(1), x = w;
    const auto mask = normal_list(9), g = normal_list(20);
    whole.step(w, g, input<"mask"> = mask);
    for (std::size_t i = 0; i < 4; ++i) CHECK(apart.step_tensor(i, x[i], g[i], {{"mask", mask[i]}}));
    CHECK(w == x);
    CHECK(apart.step_count() == 1);

    any_optimizer<float> together = optimizer<clipped>{2, 2};
    CHECK(message_of([&] { together.step_tensor(0, x[2], g[2]); }).find("reduction over all tensors") != std::string::npos);
}

TEST_CASE("a wrong turn is refused, and changes nothing") {
    optimizer<rule> opt{3, 4};
    list w{{1, 2, 3}, {1, 2, 3, 4}}, g = w, mask = w;
    CHECK(opt.step_tensor(0, w[0], g[0], input<"mask"> = mask[0]));
    const auto before = w;
    const auto again = [&](std::size_t i, std::vector<float>& x) {
        return message_of([&] { opt.step_tensor(i, x, g[i], input<"mask"> = mask[i]); });
    };
    CHECK(again(0, w[0]).find("tensor 0 had its part of this step already") != std::string::npos);
    CHECK(message_of([&] { opt.step(w, g, input<"mask"> = mask); }).find("1 of 2 are done; finish_step()") != std::string::npos);
    CHECK(again(1, w[0]).find("tensor 1: parameters have 3 elements, expected 4") != std::string::npos);
    CHECK(again(1, g[1]).find("overlap") != std::string::npos);
    CHECK(message_of([&] { opt.step_tensor(2, w[0], g[0], input<"mask"> = mask[0]); }).find("no tensor 2") != std::string::npos);
    CHECK(message_of([&] { opt.step_tensor(1, w[1], g[1]); }).find("input 'mask' is missing") != std::string::npos);
    CHECK(w == before);
    CHECK(again(1, w[1]) == "no exception");
    CHECK(opt.step_count() == 1);
    CHECK(opt.step(w, g, input<"mask"> = mask));
}

TEST_CASE("a step that some tensors have no part of ends by finish_step") {
    optimizer<rule> opt{3, 4};
    list w{{1, 2, 3}, {1, 2, 3, 4}}, g = w, mask = w;
    opt.finish_step();
    CHECK(opt.step_count() == 0);
    opt.step_tensor(1, w[1], g[1], input<"mask"> = mask[1]);
    opt.finish_step();
    CHECK(opt.step_count() == 1);
    CHECK(opt.scalar_state("ticks", 0) == 1);
    CHECK(opt.scalar_state("size", 0) == 0);
    CHECK(opt.scalar_state("size", 1) > 0);
    CHECK(w[0] == std::vector<float>{1, 2, 3});
    CHECK(opt.step_tensor(1, w[1], g[1], input<"mask"> = mask[1]));
}

TEST_CASE("a tensor whose step is skipped had no part") {
    optimizer<every_other> opt{1, 1};
    list w{{1}, {1}}, g{{1}, {1}};
    opt.set("on", 0);
    CHECK(!opt.step_tensor(0, w[0], g[0]));
    CHECK(w[0][0] == 1);
    opt.set("on", 1);
    CHECK(opt.step_tensor(0, w[0], g[0]));
    CHECK(opt.step_tensor(1, w[1], g[1]));
    CHECK(opt.step_count() == 1);
}
