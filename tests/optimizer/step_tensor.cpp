#include <furl/furl.hpp>
#include <furl/runtime/any_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <limits>

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

/// Reductions over all tensors in two walks, one of them of a state; a guard, a count of all elements, zeroed gradients.
struct tail {
    static constexpr auto clipped = let<"clipped">(clip_by_global_norm(grad, 1.0));
    static constexpr auto m = ema<"m">(clipped, 0.9);
    static constexpr auto size = ema<"size">(global(norm(m)), 0.5);
    static constexpr auto update = zero_grad(skip_nonfinite(param - 0.1 * m / (1 + size) - 1e-9 * global(sum(grad * furl::global(furl::count)))));
};

/// Rows and columns under a norm over all tensors, and noise.
struct clipped_factored {
    static constexpr auto g = clip_by_global_norm(grad + 0.01 * random_normal(3), 1.0);
    static constexpr auto r = ema<"r">(per_row(mean(square(g))), 0.9);
    static constexpr auto c = ema<"c">(per_column(mean(square(g))), 0.9);
    static constexpr auto update = param - 0.1 * g * rsqrt(r * c / mean(r) + 1e-8);
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

TEST_CASE("a rule with reductions over all tensors reads each gradient as it arrives, and writes at the end, to the bit of a step") {
    static_assert(optimizer<tail>::writes_at_end && !optimizer<rule>::writes_at_end);
    optimizer<tail> whole(sizes), apart(sizes);
    any_optimizer<float> erased = optimizer<tail>(sizes);
    auto w = normal_list(1), x = w, y = w;
    for (unsigned t = 0; t < 4; ++t) {
        auto g = normal_list(20 + t), h = g, k = g;
        CHECK(whole.step(w, g));
        const auto before = x;
        for (std::size_t n = 0; n < 4; ++n) {
            const auto i = (n * 3 + t) % 4;
            CHECK(x == before);
            CHECK(apart.step_count() == t);
            CHECK(apart.step_tensor(i, x[i], h[i]));
            CHECK(erased.step_tensor(i, y[i], k[i]));
        }
        CHECK(w == x);
        CHECK(w == y);
        CHECK(g == h);
        CHECK(h[0][0] == 0);
        CHECK(apart.step_count() == t + 1);
        CHECK(erased.step_count() == t + 1);
        CHECK(whole.scalar_state("size", 0) == apart.scalar_state("size", 0));
    }
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::ranges::equal(whole.state(tail::m, i), apart.state(tail::m, i)));
}

TEST_CASE("a rule of rows and columns under a global norm steps matrices one by one as all at once, and may be copied in between") {
    const std::vector<furl::shape> shapes{{9, 7}, {0, 4}, {1, 5}, {33, 17}};
    static_assert(optimizer<clipped_factored>::writes_at_end);
    optimizer<clipped_factored> whole(shapes), apart(shapes);
    const auto values = [&](unsigned seed) {
        list all;
        for (auto s : shapes) all.push_back(normal_values<float>(s.size(), seed++));
        return all;
    };
    auto w = values(1), x = w;
    for (unsigned t = 0; t < 4; ++t) {
        auto g = values(20 + 4 * t);
        if (t == 2) g[2].clear();
        CHECK(whole.step(w, g));
        for (std::size_t n = 0; n < 4; ++n) {
            const auto i = (n * 3 + t) % 4;
            CHECK(apart.step_tensor(i, x[i], g[i]));
            if (n == 1) apart = optimizer<clipped_factored>(apart);
        }
        CHECK(w == x);
    }
    for (std::size_t i : {0u, 2u, 3u}) CHECK(std::ranges::equal(whole.state(clipped_factored::c, i), apart.state(clipped_factored::c, i)));
}

TEST_CASE("the last tensor of such a step decides for all of them") {
    optimizer<tail> whole(sizes), apart(sizes);
    auto w = normal_list(1), x = w;
    auto g = normal_list(20), h = g;
    SUBCASE("where a gradient is not finite, nothing changes") {
        h[2][3] = std::numeric_limits<float>::infinity();
        for (std::size_t i = 0; i < 3; ++i) CHECK(apart.step_tensor(i, x[i], h[i]));
        CHECK(!apart.step_tensor(3, x[3], h[3]));
        CHECK(apart.step_count() == 0);
        CHECK(x == w);
        CHECK(!apart.step_is_open());
        h[2][3] = g[2][3];
        for (std::size_t i = 0; i < 4; ++i) CHECK(apart.step_tensor(i, x[i], h[i]));
        CHECK(whole.step(w, g));
    }
    SUBCASE("tensors without a gradient have no part") {
        const list missing{g[0], {}, {}, g[3]};
        auto left = missing;
        CHECK(whole.step(w, left));
        CHECK(apart.step_tensor(3, x[3], h[3]));
        CHECK(apart.step_tensor(2, x[2], left[2]));
        CHECK(apart.step_tensor(0, x[0], h[0]));
        CHECK(apart.step_is_open());
        CHECK(apart.finish_step());
    }
    SUBCASE("no gradient at all is no step") {
        std::vector<float> none;
        for (std::size_t i = 0; i < 3; ++i) CHECK(apart.step_tensor(i, x[i], none));
        CHECK(!apart.step_tensor(3, x[3], none));
        CHECK(!apart.finish_step());
        CHECK(apart.step_count() == 0);
    }
    SUBCASE("tensors that overlap each other are refused, and the step is given up") {
        CHECK(apart.step_tensor(0, x[0], h[0]));
        CHECK(apart.step_tensor(1, x[1], h[1]));
        CHECK(apart.step_tensor(2, x[2], h[2]));
        CHECK(message_of([&] { apart.step_tensor(3, std::span(x[0]).first(20), h[3]); }).find("parameters of tensor 0 overlap parameters of tensor 3") !=
              std::string::npos);
        CHECK(x == w);
        CHECK(h == g);
        CHECK(!apart.step_is_open());
        CHECK(apart.step_count() == 0);
    }
    SUBCASE("its threads write") {
        thread_pool pool(2);
        CHECK(whole.step(w, g));
        for (std::size_t i = 4; i-- > 0;) CHECK(apart.step_tensor(pool, i, x[i], h[i]));
    }
    CHECK(x == w);
    CHECK(whole.step_count() == apart.step_count());
}

TEST_CASE("weights and gradients in bfloat16 and moments in blocks of 8 bits arrive one by one too, after a skipped step as well") {
    using formats = storage<param_as<split<bfloat16>>, grad_as<bfloat16>, state_as<"m", block8>>;
    using halves = std::vector<std::vector<bfloat16>>;
    const auto rounded = [](const list& from) {
        halves to;
        for (const auto& x : from) to.emplace_back(x.begin(), x.end());
        return to;
    };
    optimizer<tail, float, formats> whole(sizes), apart(sizes);
    auto w = rounded(normal_list(1)), x = w;
    for (unsigned t = 0; t < 4; ++t) {
        auto g = rounded(normal_list(20 + t));
        if (t % 2 == 0) g[0][7] = bfloat16(std::numeric_limits<float>::quiet_NaN());
        auto h = g;
        const bool done = whole.step(w, g);
        CHECK(done == (t % 2 == 1));
        for (std::size_t i = 0; i < 3; ++i) CHECK(apart.step_tensor(i, x[i], h[i]));
        CHECK(apart.step_tensor(3, x[3], h[3]) == done);
        for (std::size_t i = 0; i < 4; ++i)
            CHECK(std::ranges::equal(w[i], x[i], {}, [](bfloat16 v) { return float(v); }, [](bfloat16 v) { return float(v); }));
    }
    CHECK(whole.read_state("m", 0) == apart.read_state("m", 0));
}
