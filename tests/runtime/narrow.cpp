#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

// Optimizers that are chosen at run time, with parameters and gradients of another type than they compute in.
using namespace furl;
using namespace furl::tests;

namespace {

struct rule {
    static constexpr auto lr = hyper<"lr">(0.01);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto update = param - lr * m;
};
struct scaled {
    static constexpr auto update = param - hyper<"lr">(0.01) * grad * input<"scale">;
};
struct of_rows {
    static constexpr auto r = accumulate<"r">(per_row(mean(square(grad))));
    static constexpr auto update = steps_per_row(param - hyper<"lr">(0.01) * grad * rsqrt(r + 1e-8));
};
struct normed {
    static constexpr auto n = let<"n">(global(norm(grad)));
    static constexpr auto update = param - 0.1 * grad / n;
};

using halves = storage<param_as<split<bfloat16>>, grad_as<bfloat16>>;
using masters = storage<param_as<master<float16>>, grad_as<float16>>;

template <class E>
std::vector<E> some(std::size_t n, unsigned seed) {
    const auto x = normal_values<float>(n, seed);
    return {x.begin(), x.end()};
}

template <class E>
bool same(const std::vector<E>& a, const std::vector<E>& b) {
    return std::ranges::equal(a, b, [](E x, E y) { return x.bits == y.bits; });
}

}  // namespace

TEST_CASE_TEMPLATE("an optimizer of any rule steps 16 bits as the optimizer of the rule does", Storage, halves, masters) {
    optimizer<rule, float, Storage> exact({100, 7});
    using E = typename decltype(exact)::parameter_type;
    any_optimizer any = exact;  // deduces <float, E>
    static_assert(std::is_same_v<decltype(any), any_optimizer<float, E>>);
    std::vector<std::vector<E>> w{some<E>(100, 1), some<E>(7, 2)}, other = w, parts = w;
    const std::vector<std::vector<E>> g{some<E>(100, 3), some<E>(7, 4)};
    auto one_by_one = any;
    for (int t = 0; t < 5; ++t) {
        exact.step(w, g);
        CHECK(any.step(other, g));
        for (std::size_t i : {1u, 0u}) CHECK(one_by_one.step_tensor(i, parts[i], g[i]));
    }
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(same(w[i], other[i]));
        CHECK(same(w[i], parts[i]));
        CHECK(first_difference(any.state("m", i), exact.state(rule::m, i)) == nowhere);
    }

    std::vector<std::byte> saved;
    CHECK(save_checkpoint(saved, any, other));
    any_optimizer<float, E> resumed = optimizer<rule, float, Storage>({100, 7});
    CHECK(load_checkpoint(saved, resumed, parts));
    any.step(other, g);
    resumed.step(parts, g);
    CHECK(same(other[0], parts[0]));
}

TEST_CASE("its inputs are of the type that it computes in") {
    any_optimizer<float, bfloat16> any = optimizer<scaled, float, halves>(50);
    optimizer<scaled, float, halves> exact(50);
    auto w = some<bfloat16>(50, 1), other = w;
    const auto g = some<bfloat16>(50, 2);
    const auto scale = normal_values<float>(50, 3);
    CHECK(any.step(w, g, {{"scale", scale}}));
    exact.step(other, g, input<"scale"> = scale);
    CHECK(same(w, other));
    CHECK(message_of([&] { any.step(w, g); }).find("input 'scale' is missing") != std::string::npos);
}

TEST_CASE("rows of 16 bits step alone, and those that are named twice are added up in float") {
    any_optimizer<float, bfloat16> any = optimizer<of_rows, float, halves>(furl::shape{10, 6});
    optimizer<of_rows, float, halves> exact(furl::shape{10, 6});
    auto w = some<bfloat16>(60, 1), other = w;
    const std::vector<int> rows_of_batch{7, 2, 7};
    const auto g = some<bfloat16>(18, 2);
    CHECK(any.step_rows(sum_duplicates, rows_of_batch, w, g));
    exact.step_rows(sum_duplicates, rows_of_batch, other, g);
    CHECK(same(w, other));
    CHECK(message_of([&] { any.step_rows(rows_of_batch, w, g); }).find("row 7") != std::string::npos);

    grouped_optimizer<float, bfloat16> groups;
    groups.add<of_rows, halves>({furl::shape{10, 6}});
    groups.add<rule, halves>({std::size_t{4}}, {.settings = {{"lr", 0.5}}});
    auto table = some<bfloat16>(60, 1), b = some<bfloat16>(4, 5), alone = b;
    const auto grad_b = some<bfloat16>(4, 6);
    CHECK(groups.step({table, b}, {row_gradients(sum_duplicates, rows_of_batch, g), grad_b}));
    CHECK(same(table, w));
    optimizer<rule, float, halves> of_b(4);
    of_b[rule::lr] = 0.5;
    of_b.step(alone, grad_b);
    CHECK(same(b, alone));
    CHECK(first_difference(groups[1].read_state("m", 0), of_b.read_state("m")) == nowhere);
}

TEST_CASE("a registry makes rules of 16 bits, with the storage that it was given") {
    registry<float, bfloat16> all;
    all.add_with<halves>(rules<rule, as<"mine", scaled>>());
    CHECK(all.names() == std::vector<std::string_view>{"mine", "rule"});
    auto any = all.make("rule", {{"lr", 0.5}}, {20});
    optimizer<rule, float, halves> exact(20);
    exact[rule::lr] = 0.5;
    auto w = some<bfloat16>(20, 1), other = w;
    const auto g = some<bfloat16>(20, 2);
    any.step(w, g);
    exact.step(other, g);
    CHECK(same(w, other));
}

TEST_CASE("groups report the value of the last step in which a group with it took part") {
    grouped_optimizer<float> groups;
    groups.add<rule>({std::size_t{1}});
    auto& a = groups.add<normed>({std::size_t{1}});
    groups.add<normed>({std::size_t{1}});
    std::vector<float> x{1}, y{1}, z{1}, three{3}, four{4};
    groups.step({x, y, z}, {four, three, four});
    CHECK(groups.value("n") == 5);
    a.freeze();
    groups.step({x, y, z}, {four, three, four});
    CHECK(groups.value("n") == 4);
    CHECK(a.value("n") == 5);
    CHECK(message_of([&] { groups.value("m"); }).find("no value of one per step 'm'") != std::string::npos);
}
