#include <furl/blocks/noise.hpp>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace furl;
using namespace furl::tests;

namespace {

using values = std::vector<float>;
using list = std::vector<values>;

constexpr auto norm_of_all = let<"norm">(global(norm(grad)));
constexpr auto clipped = grad * let<"clip">(min(1.0, 0.5 / norm_of_all));

/// A global norm, a global mean, a state of each domain, noise.
struct first_rule {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto decay = hyper<"decay">(0.0);
    static constexpr auto m = ema<"m">(clipped, 0.9);
    static constexpr auto mean_of_all = accumulate<"mean">(global(mean(grad)));
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto update = with(param * (1 - decay) - lr * m / (1 + size) + 0.01 * random_normal(7), mean_of_all);
};

/// Another one, with the same norm.
struct second_rule {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto momentum = hyper<"momentum">(0.9);
    static constexpr auto update = skip_nonfinite(param - lr * furl::momentum<"b">(clipped, momentum));
};

list normal_list(unsigned seed, std::initializer_list<std::size_t> sizes) {
    list all;
    for (auto n : sizes) all.push_back(normal_values<float>(n, seed++));
    return all;
}

struct throwing {
    void operator()(std::size_t, auto&&) const { throw std::runtime_error("stopped"); }
};

}  // namespace

TEST_CASE("groups of one rule step as one optimizer of all tensors, to the bit") {
    optimizer<first_rule> one{5000, 3, 0, 40};
    grouped_optimizer<float> groups;
    groups.add<first_rule>({5000});
    groups.add<first_rule>({3, 0});
    groups.add<first_rule>({40});
    auto w = normal_list(1, {5000, 3, 0, 40}), x = w;
    thread_pool pool(3);
    for (unsigned t = 0; t < 4; ++t) {
        const auto g = normal_list(10 * t, {5000, 3, 0, 40});
        CHECK(one.step(w, g));
        CHECK((t < 2 ? groups.step(x, g) : groups.step(pool, x, g)));
        CHECK(w == x);
    }
    CHECK(groups[1].step_count() == 4);
    CHECK(groups[1].scalar_state("size", 0) == one.scalar_state("size", 1));
    CHECK(groups[2].scalar_state("mean", 0) == one.scalar_state("mean", 0));
    CHECK(groups[2].value("norm") == one.value("norm"));
    CHECK(groups.tensors() == 4);
    CHECK(groups[1].number(1) == 2);
}

TEST_CASE("groups of different rules share the norm over all") {
    grouped_optimizer<float> groups;
    groups.add<first_rule>({30});
    groups.add<second_rule>({20, 10});
    auto w = normal_list(1, {30, 20, 10});
    const auto before = w, g = normal_list(5, {30, 20, 10});
    double squares = 0;
    for (const auto& x : g)
        for (auto v : x) squares += static_cast<double>(v) * static_cast<double>(v);
    CHECK(groups.step(w, g));
    CHECK(groups[0].value("norm") == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
    CHECK(groups[1].value("norm") == groups[0].value("norm"));
    const double clip = 0.5 / std::sqrt(squares);
    CHECK(groups[1].value("clip") == doctest::Approx(clip).epsilon(1e-6));
    for (std::size_t i = 0; i < 20; ++i)
        CHECK(static_cast<double>(w[1][i]) ==
              doctest::Approx(static_cast<double>(before[1][i]) - 0.5 * clip * static_cast<double>(g[1][i])).epsilon(1e-5));
}

TEST_CASE("a hyperparameter is the group's own if it set it, even to the default; else that of all; else the rule's") {
    grouped_optimizer<float> groups;
    auto& a = groups.add<first_rule>({3});
    auto& b = groups.add<second_rule>({3}, {.settings = {{"lr", 0.5}}});
    CHECK(a.get("lr") == 0.1);
    groups.set("lr", 0.25);
    CHECK(a.get("lr") == 0.25);
    CHECK(b.get("lr") == 0.5);
    CHECK(b.is_set("lr"));
    CHECK(!a.is_set("lr"));
    b.inherit("lr");
    CHECK(b.get("lr") == 0.25);
    auto& c = groups.add<first_rule>({3});
    CHECK(c.get("lr") == 0.25);
    groups.set("momentum", 0.5);
    CHECK(b.get("momentum") == 0.5);
    a.set("lr", 1);
    groups.set("lr", 2);
    CHECK(a.get("lr") == 1);
    CHECK(c.get("lr") == 2);
    double sum = 0;
    for (auto& group : groups)
        for (const auto& [name, value] : group.settings()) sum += name == "lr" ? value : 0;
    CHECK(sum == 5);
    CHECK(message_of([&] { groups.set("lrr", 1); }).find("did you mean 'lr'?") != std::string::npos);
    CHECK(message_of([&] { a.set("momentum", 1); }).find("no hyperparameter 'momentum'") != std::string::npos);
    CHECK(message_of([&] { groups.add<first_rule>({3}, {.settings = {{"dekay", 1}}}); }).find("'decay'") != std::string::npos);
    CHECK(groups.size() == 3);
}

TEST_CASE("a frozen group is neither read, nor written, nor counted") {
    grouped_optimizer<float> groups, alone;
    groups.add<first_rule>({30});
    auto& frozen = groups.add<first_rule>({20}, {.frozen = true});
    alone.add<first_rule>({30});
    auto w = normal_list(1, {30, 20}), x = w;
    x.pop_back();
    const auto kept = w[1], g = normal_values<float>(30, 5);
    CHECK(groups.step(w, list{g, {}}));
    CHECK(alone.step(x, list{g}));
    CHECK(w[0] == x[0]);
    CHECK(w[1] == kept);
    CHECK(frozen.step_count() == 0);
    frozen.freeze(false);
    CHECK(message_of([&] { groups.step(w, list{g, {1}}); }).find("gradients have 1 elements, expected 20") != std::string::npos);
    CHECK(w[0] == x[0]);
    CHECK(groups.step(w, list{g, values(20, 1)}));
    CHECK(frozen.step_count() == 1);
}

TEST_CASE("a step that one group's rule skips is skipped in all") {
    grouped_optimizer<float> groups;
    groups.add<first_rule>({30});
    groups.add<second_rule>({20});
    auto w = normal_list(1, {30, 20}), g = normal_list(3, {30, 20});
    CHECK(groups.step(w, g));
    const auto before = w;
    g[1][4] = std::numeric_limits<float>::infinity();
    CHECK(!groups.step(w, g));
    CHECK(w == before);
    CHECK(groups[0].step_count() == 1);
    CHECK(std::isinf(groups[0].value("norm")));
}

TEST_CASE("a multiplier of a tensor is one of its learning rate, whatever it is set to") {
    grouped_optimizer<float> scaled, apart;
    auto& group = scaled.add<first_rule>({10, 20, 30}, {.lr_scale = {0.5, 1, 0.5}});
    for (std::size_t n : {10u, 20u, 30u}) apart.add<first_rule>({n});
    auto w = normal_list(1, {10, 20, 30}), x = w;
    for (unsigned t = 0; t < 3; ++t) {
        group.set("lr", 0.1 + t);
        for (std::size_t i = 0; i < 3; ++i) apart[i].set("lr", (0.1 + t) * (i == 1 ? 1.0 : 0.5));
        const auto g = normal_list(5 + t, {10, 20, 30});
        CHECK(scaled.step(w, g));
        CHECK(apart.step(x, g));
        CHECK(w == x);
    }
    CHECK(group.lr_scale(2) == 0.5);
    CHECK(group.get("lr") == 2.1);
    CHECK(std::ranges::equal(group.state("m", 2), apart[2].state("m", 0)));
    CHECK(message_of([&] { scaled.add<first_rule>({1, 2}, {.lr_scale = {1}}); }).find("1 multipliers are given, for 2") != std::string::npos);
}

TEST_CASE("groups are saved and go on to the bit, with what each has set itself") {
    const scratch dir;
    const auto path = dir / "groups";
    const auto make = [] {
        grouped_optimizer<float> groups;
        groups.add<first_rule>({30, 5}, {.lr_scale = {1, 2}});
        groups.add<second_rule>({20});
        return groups;
    };
    auto whole = make(), first = make(), second = make();
    auto w = normal_list(1, {30, 5, 20}), x = w, y = w;
    const auto set = [](auto& groups) { groups.set("lr", 0.2), groups[1].set("lr", 0.3); };
    set(whole), set(first);
    for (unsigned t = 0; t < 6; ++t) {
        const auto g = normal_list(5 + t, {30, 5, 20});
        whole.step(w, g);
        if (t < 3) first.step(x, g);
        if (t == 2) {
            save_checkpoint(path, first, x);
            CHECK(load_checkpoint(path, second, y));
            CHECK(y == x);
        }
        if (t >= 3) second.step(y, g);
    }
    CHECK(y == w);
    CHECK(second[1].is_set("lr"));
    CHECK(!second[0].is_set("lr"));
    grouped_optimizer<float> other;
    other.add<first_rule>({30, 5, 20});
    CHECK(message_of([&] { load_checkpoint(path, other); }).find("2 groups, expected 1") != std::string::npos);
}

TEST_CASE("what does not fit is refused before anything is written") {
    grouped_optimizer<float> groups;
    groups.add<second_rule>({3});
    groups.add<second_rule>({4});
    auto w = normal_list(1, {3, 4});
    const auto before = w, g = normal_list(3, {3, 4});
    CHECK(message_of([&] { groups.step(w[0], g[0]); }).find("1 tensors of parameters, expected 2 of 2 groups") != std::string::npos);
    CHECK(message_of([&] { groups.step(w, list{g[0], g[0]}); }).find("gradients have 3 elements, expected 4") != std::string::npos);
    CHECK(message_of([&] { groups.step(w, g, {{"hessian", g}}); }).find("no input 'hessian'") != std::string::npos);
    CHECK(message_of([&] { groups.step({w[0], w[1]}, {g[0], std::span<const float>(w[0].data(), 4)}); }).find("parameters of tensor 0") != std::string::npos);
    CHECK(w == before);
    CHECK(groups[0].step_count() == 0);
}

TEST_CASE("a copy of groups has states of its own") {
    grouped_optimizer<float> groups;
    groups.add<second_rule>({3});
    auto w = normal_list(1, {3}), g = normal_list(3, {3});
    groups.step(w, g);
    auto copy = groups;
    copy.step(w, g);
    CHECK(copy[0].step_count() == 2);
    CHECK(groups[0].step_count() == 1);
    copy.reset();
    CHECK(copy[0].step_count() == 0);
}

TEST_CASE("a step over the memory of the last one is that over memory that is new each time, whatever lies between") {
    struct running {
        grouped_optimizer<float> groups;
        list w = normal_list(1, {5000, 3, 40});
        bool moves = false;

        bool step(unsigned seed, bool last_is_absent = false) {
            auto g = normal_list(seed, {5000, 3, 40});
            if (last_is_absent) g[2].clear();
            for (std::size_t i = 0; i < g.size(); ++i) std::ranges::copy(g[i], own_[i].begin());
            std::vector<std::span<const float>> gradients(own_.begin(), own_.end());
            if (last_is_absent) gradients[2] = {};
            if (!moves) return groups.step(w, gradients);
            list elsewhere = w;
            const bool done = groups.step(elsewhere, last_is_absent ? g : normal_list(seed, {5000, 3, 40}));
            for (std::size_t i = 0; i < w.size(); ++i) std::ranges::copy(elsewhere[i], w[i].begin());
            return done;
        }

      private:
        list own_ = normal_list(0, {5000, 3, 40});
    };
    running stays, moves;
    moves.moves = true;
    for (auto* r : {&stays, &moves}) {
        r->groups.add<first_rule>({5000});
        r->groups.add<second_rule>({3}, {.lr_scale = {0.5}});
        r->groups.add<first_rule>({40});
    }
    const auto step_both = [&](unsigned seed, bool absent = false) {
        CHECK(stays.step(seed, absent));
        CHECK(moves.step(seed, absent));
        CHECK(stays.w == moves.w);
    };
    const auto with_both = [&](auto change) {
        change(stays);
        change(moves);
    };
    const scratch dir;
    unsigned seed = 100;
    step_both(seed++);
    step_both(seed++);
    with_both([](running& r) { r.groups[0].freeze(); });
    step_both(seed++);
    with_both([](running& r) { r.groups[0].freeze(false); });
    step_both(seed++);
    step_both(seed++, true);
    step_both(seed++);
    with_both([](running& r) { r.groups.set("lr", 0.25); });
    step_both(seed++);
    save_checkpoint(dir / "run", stays.groups);
    const auto copy = stays.groups;
    auto moved = std::move(stays.groups);
    stays.groups = std::move(moved);
    step_both(seed++);
    with_both([&](running& r) { load_checkpoint(dir / "run", r.groups); });
    step_both(seed++);
    stays.groups = copy;
    with_both([&](running& r) { load_checkpoint(dir / "run", r.groups); });
    step_both(seed++);
    with_both([](running& r) { r.groups.reset(); });
    step_both(seed++);
    // Gradients that a step before took are refused where they are of another size, as ever.
    const auto before = stays.w;
    std::vector<std::span<const float>> short_one{stays.w[0], std::span(stays.w[1]).first(2), stays.w[2]};
    CHECK_THROWS_AS(stays.groups.step(stays.w, short_one), std::invalid_argument);
    CHECK(stays.w == before);
    step_both(seed++);
    // Lists without a tensor are refused before the first step, too, and where all groups are frozen.
    grouped_optimizer<float> frozen;
    frozen.add<first_rule>({3}, {.frozen = true});
    const list none;
    list nothing;
    CHECK_THROWS_AS(frozen.step(nothing, none), std::invalid_argument);
    // So is a list that was long enough before a frozen group came.
    grouped_optimizer<float> grown;
    grown.add<first_rule>({3});
    list one = normal_list(1, {3});
    const list gradient = normal_list(2, {3});
    CHECK(grown.step(one, gradient));
    grown.add<first_rule>({2}, {.frozen = true});
    CHECK_THROWS_AS(grown.step(one, gradient), std::invalid_argument);
}

TEST_CASE("a step whose runner throws leaves nothing of its arguments, nor of those before, to the next step") {
    const std::size_t n = 1 << 20;  // worth a thread
    grouped_optimizer<float> groups, other;
    for (auto* g : {&groups, &other}) {
        g->add<first_rule>({n});
        g->add<first_rule>({8});
    }
    list w(2), before(2);
    w[0].assign(n, 1), w[1].assign(8, 1);
    const list gradient = w;
    CHECK(groups.step(w, gradient));
    CHECK(other.step(w, gradient));
    before = w;
    list elsewhere = before, elsewhere_gradient = gradient, expected = before;
    CHECK_THROWS_AS(groups.step(throwing{}, elsewhere, elsewhere_gradient), std::runtime_error);
    CHECK(groups.step(elsewhere, elsewhere_gradient));
    CHECK(other.step(expected, gradient));
    CHECK(w == before);
    CHECK(elsewhere[1] != before[1]);
}
