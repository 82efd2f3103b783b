#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <support/compare.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

// Groups of one rule evaluate their values of step and tensor rate together. Here each group is compared with an optimizer that
// steps alone.
using namespace furl;
using namespace furl::tests;

namespace {

using values = std::vector<float>;
using list = std::vector<values>;

/// It has functions of the step in both passes, named values, a state of each rate, a number of all elements, noise.
struct rule {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.99);
    static constexpr auto norm_of_all = let<"norm">(global(norm(grad)));
    static constexpr auto clipped = grad * let<"clip">(min(1.0, 0.5 / norm_of_all) * exp(-0.01 * norm_of_all));
    static constexpr auto m = ema<"m">(clipped, beta1);
    static constexpr auto v = ema<"v">(square(clipped), beta2);
    static constexpr auto mean_of_all = accumulate<"mean">(global(mean(grad)));
    static constexpr auto rate = let<"rate">(lr * pow(1 + step, -0.3) * exp(-0.1 * square(mean_of_all)));
    static constexpr auto update =
        with(param - rate * bias_corrected(m) / (sqrt(bias_corrected(v)) + 1e-8) + 0.001 * random_normal(7), mean_of_all);
};

/// The same, where each tensor counts its own steps.
struct rule_by_tensor {
    static constexpr auto update = steps_per_tensor(rule::update);
};

/// The same, with values that depend on reductions over the tensor, a norm of all in a further pass, and a guard.
struct guarded_rule {
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto second = let<"second">(pow(1 + global(norm(rule::clipped)), -0.5));
    static constexpr auto update = skip_nonfinite(param + (rule::update - param) * second * pow(1 + size, -0.7));
};

/// It has two norms of all in two passes, and no state of one value.
struct two_norms {
    static constexpr auto lr = rule::lr;
    static constexpr auto update = param - lr * bias_corrected(rule::m) * pow(1 + global(norm(rule::clipped)), -0.5) +
                                   0 * bias_corrected(rule::v);
};

/// A rule that shares nothing with those above.
struct apart {
    static constexpr auto update = param - grad;
};

/// The groups of a grouped_optimizer, each as an optimizer of its own: one step of a list takes each of them through a pass
/// alone, and combines their results.
template <class Rule>
class alone {
    using one = optimizer<Rule>;
    using together = typename one::session::together;

  public:
    explicit alone(const std::vector<std::size_t>& sizes) {
        for (auto n : sizes) all.emplace_back(n);
    }

    std::vector<one> all;

    /// Takes an empty gradient as that of a frozen group.
    bool step(list& w, const list& g) {
        std::vector<std::optional<typename one::session>> sessions(all.size());
        std::size_t total = 0;
        for (const auto& x : g) total += x.size();
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (g[i].empty()) continue;
            const std::array parameters{std::span(w[i])};
            const std::array gradients{std::span<const float>(g[i])};
            numbers_.resize(all.size());
            numbers_[i] = i;
            if (!all[i].begin_named(sessions[i], parameters, gradients, {}, std::span(numbers_).subspan(i, 1), total, true)) return false;
        }
        const auto& info = one::info();
        serial runner;
        reductions_.start(all.size());
        for (std::size_t pass = 0; pass < info.passes; ++pass) {
            for (auto& s : sessions)
                if (s) {
                    auto* const step = &s->step();
                    if (!together::prepare({&step, 1}, pass)) return false;
                }
            for (auto& s : sessions)
                if (s) {
                    auto* const step = &s->step();
                    together::execute({&step, 1}, pass, runner);
                }
            const auto for_each_reduction = [&](auto visit) {
                for (std::size_t r = 0; r < info.reductions.size(); ++r)
                    for (std::size_t i = 0; i < all.size(); ++i)
                        if (sessions[i] && info.reductions[r].pass == pass && info.reductions[r].is_global)
                            visit(reductions_.at(info.reductions[r]), r, i);
            };
            for_each_reduction([&](auto& of_all, std::size_t r, std::size_t i) { of_all.note(i, sessions[i]->tensor_reductions()[r]); });
            reductions_.combine(pass);
            for_each_reduction([&](auto& of_all, std::size_t r, std::size_t i) { sessions[i]->global_reductions()[r] = of_all.of_all; });
        }
        for (auto& s : sessions)
            if (s) s->finish();
        return true;
    }

  private:
    std::vector<std::size_t> numbers_;
    detail::shared_reductions reductions_;
};

template <class Rule>
class pair_of_both {
  public:
    explicit pair_of_both(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)), separate_(sizes_) {
        for (auto n : sizes_) together_.template add<Rule>({n});
        for (std::size_t i = 0; i < sizes_.size(); ++i) w_.push_back(normal_values<float>(sizes_[i], 100 + static_cast<unsigned>(i)));
        x_ = w_;
    }

    void set(std::size_t group, const char* name, double value) {
        together_[group].set(name, value);
        separate_.all[group].set(name, value);
    }
    void set_step_count(std::size_t group, std::int64_t steps) {
        separate_.all[group].set_step_count(steps);
        for (auto& p : together_.saved_parts())
            if (p.place && p.place->group == group) p.set_steps(steps);
    }

    /// Does a step and compares all. Groups in `frozen` are frozen.
    template <class... Runner>
    void step(unsigned seed, const std::vector<std::size_t>& frozen = {}, float factor = 1, Runner&... runner) {
        list g, h;
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            g.push_back(normal_values<float>(sizes_[i], seed * 1000 + static_cast<unsigned>(i)));
            for (auto& x : g[i]) x *= factor;
        }
        h = g;
        for (auto& group : together_) group.freeze(false);
        for (auto i : frozen) {
            together_[i].freeze();
            h[i].clear();
        }
        CHECK(together_.step(runner..., w_, g) == separate_.step(x_, h));
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            CAPTURE(i);
            CHECK(first_difference(w_[i], x_[i]) == nowhere);
            for (const auto name : optimizer<Rule>::states())
                CHECK(first_difference(together_[i].state(name, 0), separate_.all[i].state(name, 0)) == nowhere);
            for (const auto name : optimizer<Rule>::scalar_states())
                CHECK(same_bits(together_[i].scalar_state(name, 0), separate_.all[i].scalar_state(name, 0)));
            for (const auto name : optimizer<Rule>::info().values)
                CHECK(same_bits(together_[i].value(name), separate_.all[i].value(name)));
            CHECK(together_[i].step_count() == separate_.all[i].step_count());
        }
    }

  private:
    std::vector<std::size_t> sizes_;
    grouped_optimizer<float> together_;
    alone<Rule> separate_;
    list w_, x_;
};

}  // namespace

TEST_CASE_TEMPLATE("groups that take a step together have the values of each alone, to the bit", Rule, rule, rule_by_tensor, guarded_rule,
                   two_norms) {
    // More groups than take a pass together, some of them large.
    std::vector<std::size_t> sizes(41, 10);
    sizes[3] = 20000, sizes[20] = 1, sizes[33] = 5000;
    pair_of_both<Rule> both(sizes);
    both.step(1);
    both.step(2);

    // Different hyperparameters, between groups that stay equal.
    both.set(1, "lr", 0.2);
    both.set(5, "beta1", 0.8);
    both.set(6, "beta1", 0.8);
    both.set(8, "beta2", 0.95);
    for (std::size_t i = 20; i < 30; ++i) both.set(i, "lr", 0.01 * static_cast<double>(i));
    both.step(3);

    // Groups that miss steps have other step counts and states afterwards.
    both.step(4, {2, 7, 8, 16, 17, 40});
    both.step(5, {0, 2});
    both.step(6);
    both.step(7, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17});

    // Neighbours with equal counts, whose last steps were not the same.
    both.step(16, {30});
    both.step(17, {31});
    both.step(18);

    // A group that was resumed elsewhere.
    both.set_step_count(11, 1000);
    both.step(15);

    // All are equal again, but for the values of states; then -0 and 0 differ in their bits.
    for (std::size_t i = 0; i < sizes.size(); ++i) both.set(i, "lr", 0.1), both.set(i, "beta1", 0.9), both.set(i, "beta2", 0.99);
    both.step(8);
    both.set(9, "lr", 0.0);
    both.set(10, "lr", -0.0);
    both.step(9);

    thread_pool pool(3);
    both.step(10, {}, 1.0f, pool);
    both.step(11, {12}, 1.0f, pool);
    both.step(12, {}, 1e30f);
    both.step(13, {}, std::numeric_limits<float>::infinity());
    both.step(14);
}

TEST_CASE_TEMPLATE("groups with absent gradients do not take the values of others, to the bit", Rule, rule, rule_by_tensor, guarded_rule,
                   two_norms) {
    // Groups of another rule in between, so that no two groups of this rule take a pass together.
    grouped_optimizer<float> together, interrupted;
    for (std::size_t i = 0; i < 4; ++i) {
        together.add<Rule>({5, 6}, {.tensors = {2 * i, 2 * i + 1}});
        interrupted.add<Rule>({5, 6}, {.tensors = {2 * i, 2 * i + 1}});
        interrupted.add<apart>({1}, {.tensors = {8 + i}});
    }
    list w, g;
    for (unsigned i = 0; i < 12; ++i) w.push_back(normal_values<float>(i < 8 ? 5 + i % 2 : 1, i));
    list x(w.begin(), w.begin() + 8);
    const std::vector<std::vector<std::size_t>> absent{{}, {1}, {1}, {}, {0, 3}, {2, 3}, {}, {4, 7}, {0, 1, 2, 3, 4, 5}, {}, {},
                                                       {}, {2, 3}, {1}};
    for (unsigned t = 0; t < absent.size(); ++t) {
        CAPTURE(t);
        g.clear();
        for (auto* groups : {&together, &interrupted}) {
            if (t == 11) groups->reset();
            // The tensors of group 1 count 2 steps now, as those of group 0 did when they were last equal.
            if (t == 13) groups->set("beta1", 0.7);
        }
        for (unsigned i = 0; i < 12; ++i) g.push_back(normal_values<float>(w[i].size(), 100 * t + i));
        for (auto i : absent[t]) g[i].clear();
        CHECK(interrupted.step(w, g));
        g.resize(8);
        CHECK(together.step(x, g));
        for (std::size_t i = 0; i < 8; ++i) CHECK(first_difference(w[i], x[i]) == nowhere);
    }
}
