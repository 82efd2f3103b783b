// Tensors of groups: some have no gradient in a step, and each may have its value of a hyperparameter. What the two can meet,
// and the case in which they do:
//
//               | frozen | lr_scale | norm | skip | zero_grad | inputs | resume | copy | threads
// no gradient   | bits   | bits     | bits | bits | bits      | counts | bits   | bits | bits
// per_tensor    | bits   | bits     | bits | bits | bits      | any    | values | bits | bits
#include <furl/blocks/blocks.hpp>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

using values = std::vector<float>;
using list = std::vector<values>;

constexpr auto no_number = std::numeric_limits<double>::quiet_NaN();

/// A norm and a mean over all tensors, a guard, zeros for gradients, a count and a decay of each tensor.
struct whole {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto norm_of_all = let<"norm">(global(norm(grad)));
    static constexpr auto update = skip_nonfinite(zero_grad(steps_per_tensor(
        param * (1 - per_tensor<"weight_decay">(0.25)) - lr / step * momentum<"b">(grad / max(1.0, norm_of_all), 0.5) + 0.125 * global(mean(grad)))));
};

/// The count of the optimizer, an input, a decay of each tensor.
struct counted {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto factor = let<"factor">(lr * step);
    static constexpr auto update = param * (1 - per_tensor<"weight_decay">(0)) - factor * input<"mask"> * grad;
};

/// A learning rate of each tensor, and nothing else.
struct own_rates {
    static constexpr auto update = param - per_tensor<"lr">(0.5) * grad;
};

constexpr std::size_t sizes[]{50, 3, 0, 4000, 7, 2};
constexpr std::size_t tensors = std::size(sizes);

list some(float first) {
    list all;
    for (auto n : sizes) {
        values x;
        for (std::size_t i = 0; i < n; ++i) x.push_back(first + 0.25f * static_cast<float>((i + 3 * all.size()) % 17));
        all.push_back(x);
    }
    return all;
}

// Tensor 5 is in a frozen group. In the first step no tensor of the first group has a gradient, in the third one of its
// multipliers has none, in the fourth no tensor at all.
bool has_gradient(std::size_t tensor, int t) {
    const bool first_group = tensor == 0 || tensor == 3;
    return tensor != 5 && t != 3 && !(t == 0 && first_group) && !(t == 2 && tensor == 3) && !(t == 5 && (tensor == 0 || tensor == 4));
}

list gradients(int t) {
    auto g = some(0.1f + static_cast<float>(t));
    for (std::size_t i = 0; i < tensors; ++i)
        if (!has_gradient(i, t)) g[i].clear();
    if (t == 4) g[4][1] = std::numeric_limits<float>::infinity();
    return g;
}

void says(const std::string& message, std::string_view words) {
    CAPTURE(message);
    CHECK(message.find(words) != std::string::npos);
}

// In two orders of the groups.
grouped_optimizer<float> groups_of_whole(bool turned) {
    grouped_optimizer<float> groups;
    const auto first = [&] { groups.add<whole>({4000, 50}, {.settings = {{"lr", 0.25}}, .lr_scale = {1, 2}, .tensors = {3, 0}}); };
    if (!turned) first();
    groups.add<whole>({3, 0, 7}, {.settings = {{"weight_decay", 0.5}}, .tensors = {1, 2, 4}});
    groups.add<whole>({2}, {.frozen = true, .tensors = {5}});
    if (turned) first();
    return groups;
}

}  // namespace

TEST_CASE("groups step as one optimizer of all, to the bit, whichever tensors have no gradient") {
    const scratch dir;
    optimizer<whole> one(sizes), slow(sizes);  // the second has the rate of tensor 3
    slow.set("lr", 0.25);
    auto groups = groups_of_whole(false), resumed = groups_of_whole(true), copy = groups;
    for (auto* opt : {&one, &slow}) {
        for (const std::size_t i : {1u, 2u, 4u}) opt->set("weight_decay", i, 0.5);
        opt->set("weight_decay", 0, 0);
    }
    CHECK(groups[0].set("weight_decay", 1, 0));
    auto w = some(1), v = w, x = w;
    list y, z;
    thread_pool pool(2);
    for (int t = 0; t < 7; ++t) {
        auto g = gradients(t), slow_g = g, h = g;
        CAPTURE(t);
        const bool done = one.step(w, g);
        CHECK(done == (t != 3 && t != 4));
        slow.step(v, slow_g);
        if (t == 2) {
            copy = groups;
            save_checkpoint(dir / "groups", groups);
            CHECK(load_checkpoint(dir / "groups", resumed));
            y = z = x;
        }
        if (t >= 2) {
            auto of_copy = h, of_resumed = h;
            CHECK(copy.step(y, of_copy) == done);
            CHECK(resumed.step(z, of_resumed) == done);
        }
        CHECK((t % 2 == 1 ? groups.step(pool, x, h) : groups.step(x, h)) == done);
        CHECK(h == g);
        for (std::size_t i = 0; i < tensors; ++i) REQUIRE(x[i] == (i == 3 ? v : w)[i]);
        if (t >= 2) {
            REQUIRE(y == x);
            REQUIRE(z == x);
        }
        if (done) CHECK(groups[1].value("norm") == one.value("norm"));
    }
    CHECK(std::ranges::equal(groups[0].state("b", 1), one.state("b", 0)));
    CHECK(groups[0].scalar_state("steps", 1) == 3);
    CHECK(groups[0].step_count(0) == 3);
    CHECK(groups[0].step_count(1) == 3);
    CHECK(groups[1].step_count() == 5);
    CHECK(groups[2].step_count() == 0);
    CHECK(resumed[2].step_count(1) == 3);
    CHECK(resumed[2].get("weight_decay", 1) == 0);
}

TEST_CASE("counts: tensors of a group without any gradient are no part of the step, and neither are their inputs") {
    grouped_optimizer<float> groups;
    groups.add<counted>({2, 2}, {.lr_scale = {1, 2}});
    auto& frozen = groups.add<counted>({2}, {.frozen = true});
    list w(3, values(2, 1)), g(3, values(2, 1)), mask(3, values(2, 1));
    const list before = w, none(3);
    const auto take = [&](const list& gradient, const list& of_mask) { return groups.step(w, gradient, {{"mask", of_mask}}); };
    // The part of multiplier 2, which is listed first, has no gradient.
    CHECK(take({g[0], {}, {}}, {mask[0], {}, {}}));
    CHECK(w == list{{0.5f, 0.5f}, {1, 1}, {1, 1}});
    CHECK(groups[0].value("factor") == 0.5);
    CHECK(groups[0].step_count() == 1);
    CHECK(groups[0].step_count(1) == 0);
    CHECK(take({{}, g[1], {}}, mask));
    CHECK(w == list{{0.5f, 0.5f}, {0, 0}, {1, 1}});
    CHECK(groups[0].value("factor") == 1);
    CHECK(groups[0].step_count(1) == 1);

    w = before;
    for (const auto& gradient : {none, list{{}, {}, g[2]}}) CHECK(!take(gradient, mask));  // the third is frozen
    CHECK(w == before);
    says(message_of([&] { take({{}, {1}, {}}, mask); }), "tensor 1: gradients have 1 elements, expected 2");
    says(message_of([&] { take({{}, g[1], {}}, {{1}, mask[1], {}}); }), "tensor 0: input 'mask' have 1 elements");
    says(message_of([&] { take({g[0], {}, {}}, {{}, mask[1], {}}); }), "tensor 0: input 'mask' have 0 elements");
    says(message_of([&] { groups.step({w[0], {}, w[2]}, {g[0], {}, {}}, {{"mask", mask}}); }), "tensor 1: parameters have 0 elements");
    CHECK(w == before);
    CHECK(groups[0].step_count() == 1);
    frozen.freeze(false);
    CHECK(take({{}, {}, g[2]}, mask));
    CHECK(groups[0].step_count() == 1);
    CHECK(frozen.step_count() == 1);
}

TEST_CASE("a tensor without a gradient may lie anywhere, until it has one") {
    grouped_optimizer<float> groups;
    groups.add<counted>({2});
    groups.add<counted>({2, 2});
    values a(2, 1), b(2, 1), g(2, 1), h(2, 1);
    const std::vector<std::span<float>> w{a, a, b}, present{g, h, h}, absent{g, std::span(h).first(0), h};
    const list mask(3, values(2, 1));
    CHECK(groups.step(w, absent, {{"mask", mask}}));
    says(message_of([&] { groups.step(w, present, {{"mask", mask}}); }), "overlap");
    CHECK(groups[1].step_count() == 1);
    CHECK(groups[0].step_count() == 1);
}

TEST_CASE("no gradient is no const one, which zero_grad could not write") {
    grouped_optimizer<float> groups;
    groups.add<whole>({2, 2});
    any_optimizer<float> any = optimizer<whole>({2, 2});
    const std::span<const float> none;
    values w(2, 1), v(2, 1), g(2, 1), h(2, 1);
    CHECK(groups.step({w, v}, {g, none}));
    CHECK(any.step({w, v}, {h, none}));
    CHECK(g == values(2));
    CHECK(h == values(2));
    CHECK(v == values(2, 1));
    says(message_of([&] { groups.step({w, v}, {g, std::as_const(h)}); }), "furl[E39]");
}

TEST_CASE("any: an erased optimizer takes empty gradients, and a value for each tensor by its name") {
    any_optimizer<float> any = optimizer<counted>({2, 2});
    CHECK(std::ranges::equal(any.tensor_hyperparameters(), std::array{std::string_view("weight_decay")}));
    CHECK(any.set("weight_decay", 0.5));
    CHECK(any.set("weight_decay", 1, 0.25));
    CHECK(any.get("weight_decay", 0) == 0.5);
    CHECK(any.get("weight_decay", 1) == 0.25);
    says(message_of([&] { any.set("weight_decay", no_number); }), "furl: hyperparameter 'weight_decay' cannot be NaN");
    says(message_of([&] { any.set("weight_decay", 0, no_number); }), "'weight_decay' cannot be NaN");
    says(message_of([&] { any.get("weight_decay"); }), "has a value for each tensor; say which: get(\"weight_decay\", tensor)");
    says(message_of([&] { any["weight_decay"] = 1; }), "has a value for each tensor");
    says(message_of([&] { any.set("weight_decai", 1); }), "did you mean 'weight_decay'? the rule has: lr, weight_decay");
    says(message_of([&] { any.set("lr", 0, 1.0); }), "no hyperparameter of each tensor 'lr'");
    says(message_of([&] { any.set("weight_decay", 2, 1.0); }), "no tensor 2; the optimizer has 2");
    any.reset();
    CHECK(any.get("weight_decay", 1) == 0.25);

    list w(2, values(2, 1)), g(2, values(2, 1)), mask = g;
    const values none;
    CHECK(any.step(w, list{g[0], {}}, {{"mask", list{mask[0], {}}}}));
    CHECK(w == list{{0, 0}, {1, 1}});
    const std::vector<std::span<float>> parameters{w[0], w[1]};
    const std::vector<std::span<const float>> named{none, g[1]}, masks{mask[0], mask[1]}, nothing(2);
    CHECK(any.step_named(parameters, named, std::vector{named_data<float>{"mask", masks}}));
    CHECK(w == list{{0, 0}, {-0.25f, -0.25f}});
    CHECK(!any.step_named(parameters, nothing, std::vector{named_data<float>{"mask", masks}}));
    CHECK(any.step_count() == 2);
    CHECK(any.step_tensor(0, w[0], none, {{"mask", none}}));
    CHECK(any.step_tensor(1, w[1], g[1], {{"mask", mask[1]}}));
    CHECK(!any.step_is_open());
    CHECK(any.step_count() == 3);
    CHECK(w[0] == values{0, 0});

    const auto copy = any;
    CHECK(any.set("weight_decay", 1));
    CHECK(copy.get("weight_decay", 1) == 0.25);

    const registry<float> all(rules<as<"counted", counted>>{});
    CHECK(all.make("counted", {{"weight_decay", 0.5}}, {2, 2}).get("weight_decay", 1) == 0.5);
    says(message_of([&] { all.make("counted", {{"weight_decay", no_number}}, {2}); }), "'weight_decay' cannot be NaN");
    says(message_of([&] { all.make("counted", {{"lr", no_number}}, {2}); }), "'lr' cannot be NaN");
    says(message_of([&] { all.make("counted", {{"decay", 1}}, {2}); }), "'counted' has: lr, weight_decay");

    optimizer<counted> plain({2, 2});
    CHECK(plain.set("weight_decay", 0.5));
    says(message_of([&] { plain.set("weight_decay", no_number); }), "'weight_decay' cannot be NaN");
    says(message_of([&] { plain.set("weight_decay", 0, no_number); }), "'weight_decay' cannot be NaN");
    says(message_of([&] { plain.get("weight_decay"); }), "has a value for each tensor");
    CHECK(plain.get("weight_decay", 1) == 0.5);
}

TEST_CASE("values: what a group has set for one tensor or for all is its own, and is saved") {
    const scratch dir;
    const auto make = [] {
        grouped_optimizer<float> groups;
        groups.add<counted>({2, 2}, {.settings = {{"weight_decay", 0.5}}, .lr_scale = {1, 2}});
        groups.add<counted>({2, 2}, {.lr_scale = {2, 1}});
        groups.add<counted>({2});
        groups.add<own_rates>({1});
        return groups;
    };
    auto groups = make();
    const auto of = [](auto& group) {
        std::vector<double> all;
        for (std::size_t i = 0; i < group.tensors(); ++i) all.push_back(group.get("weight_decay", i));
        return all;
    };
    using doubles = std::vector<double>;
    CHECK(of(groups[0]) == doubles{0.5, 0.5});
    CHECK(of(groups[1]) == doubles{0, 0});
    CHECK(groups[1].set("weight_decay", 0, 0.75));
    CHECK(groups[1].is_set("weight_decay"));
    CHECK(groups.set("weight_decay", 0.125));
    CHECK(of(groups[0]) == doubles{0.5, 0.5});
    CHECK(of(groups[1]) == doubles{0.75, 0});
    CHECK(of(groups[2]) == doubles{0.125});
    says(message_of([&] { groups.set("weight_decay", no_number); }), "cannot be NaN");
    says(message_of([&] { groups[0].set("weight_decay", no_number); }), "cannot be NaN");
    says(message_of([&] { groups[0].set("weight_decay", 0, no_number); }), "cannot be NaN");
    says(message_of([&] { groups[0].set("weight_decay", 2, 1.0); }), "no tensor 2; the group has 2");
    says(message_of([&] { groups[2].set("lr", 0, 1.0); }), "no hyperparameter of each tensor 'lr'");
    CHECK(!groups[2].is_set("lr"));
    says(message_of([&] { groups[0].get("weight_decay"); }), "has a value for each tensor; say which");
    says(message_of([&] { groups.set("decay", 1); }), "all groups together has: lr, weight_decay");
    says(message_of([&] { groups.add<own_rates>({1, 1}, {.lr_scale = {1, 2}}); }), "each tensor of this rule has its own");

    groups.reset();
    save_checkpoint(dir / "values", groups);
    auto resumed = make();
    CHECK(load_checkpoint(dir / "values", resumed));
    for (auto* opt : {&groups, &resumed}) {
        auto& all = *opt;
        CHECK(of(all[1]) == doubles{0.75, 0});
        CHECK(of(all[2]) == doubles{0.125});
        CHECK(all.set("weight_decay", 0.25));
        CHECK(of(all[0]) == doubles{0.5, 0.5});
        CHECK(of(all[1]) == doubles{0.75, 0});
        CHECK(of(all[2]) == doubles{0.25});
        CHECK(all[1].inherit("weight_decay"));
        CHECK(of(all[1]) == doubles{0.25, 0.25});
        CHECK(all[0].set("weight_decay", 1));
        CHECK(of(all[0]) == doubles{1, 1});
        CHECK(of(all.add<counted>({1})) == doubles{0.25});
    }
    CHECK(groups.set("lr", 0.25));  // one value of a group, or one of each of its tensors
    CHECK(groups[3].get("lr", 0) == 0.25);
    CHECK(groups[2].get("lr") == 0.25);
}
