#include <doctest/doctest.h>

#include <support/rules.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct scalar_and_tensor_states {
    static constexpr auto size = ema<"size">(norm(grad), 0.9, norm(param));
    static constexpr auto update = param - grad / size / accumulate<"count">(step);
};

// An optimizer in the middle of a problem.
template <class Rule>
struct midway {
    problem<float> p{40, 6};
    std::vector<float> w = p.start;
    optimizer<Rule> opt{40};
    std::size_t done = 0;

    midway() { go(3); }

    void go(std::size_t steps) {
        for (std::size_t i = 0; i < steps; ++i, ++done) take_step(opt, w, p.gradients[done], p.further[done]);
    }
};

template <class Optimizer>
outcome<float> finish(Optimizer& opt, std::vector<float> w, const problem<float>& p) {
    for (std::size_t i = 3; i < 6; ++i) take_step(opt, w, p.gradients[i], p.further[i]);
    return outcome_of<Optimizer, float>(opt, w);
}

}  // namespace

TEST_CASE_TEMPLATE("a copy goes on as the original does, and apart from it", Rule, adamw_rule, centered, descent,
                   curved) {
    midway<Rule> m;
    const auto expected = solve<optimizer<Rule>>(m.p);
    optimizer<Rule> copy = m.opt;
    CHECK(copy.step_count() == 3);
    const auto w = m.w;
    CHECK((finish(copy, w, m.p) == expected));
    // The original did not move.
    CHECK(m.opt.step_count() == 3);
    CHECK((finish(m.opt, w, m.p) == expected));

    midway<Rule> other;
    optimizer<Rule> assigned(7);
    assigned = other.opt;
    CHECK(assigned.size(0) == 40);
    CHECK((finish(assigned, w, m.p) == expected));
    CHECK((finish(other.opt, w, m.p) == expected));
}

TEST_CASE_TEMPLATE("a move takes everything along", Rule, adamw_rule, centered, descent) {
    midway<Rule> m;
    const auto expected = solve<optimizer<Rule>>(m.p);
    const auto w = m.w;
    optimizer<Rule> moved = std::move(m.opt);
    CHECK(moved.step_count() == 3);
    optimizer<Rule> assigned(3);
    assigned = std::move(moved);
    CHECK((finish(assigned, w, m.p) == expected));
    static_assert(std::is_nothrow_move_constructible_v<optimizer<Rule>>);
    static_assert(std::is_nothrow_move_assignable_v<optimizer<Rule>>);
}

TEST_CASE("an optimizer that was moved from has no tensors, and can be assigned and destroyed") {
    midway<adamw_rule> m;
    const auto expected = solve<optimizer<adamw_rule>>(m.p);
    const auto w = m.w;
    optimizer<adamw_rule> moved = std::move(m.opt);
    m.opt = moved;
    CHECK((finish(m.opt, w, m.p) == expected));

    optimizer<adamw_rule> again = std::move(moved);
    CHECK(moved.tensors() == 0);
    moved.reset();
    CHECK(moved.step_count() == 0);
    CHECK(moved.step(std::vector<std::span<float>>(), std::vector<std::span<const float>>()));
    CHECK(moved.step_count() == 1);
    CHECK_THROWS_AS(moved.state("m", 0), std::invalid_argument);
    CHECK((finish(again, w, m.p) == expected));

    optimizer<scalar_and_tensor_states> other{3, 4}, taken = std::move(other);
    other.reset();
    CHECK_THROWS_AS(other.scalar_state("count", 0), std::invalid_argument);
    CHECK(taken.scalar_state("count", 1) == 0);
    CHECK(other.step(std::vector<std::span<float>>(), std::vector<std::span<const float>>()));
}

TEST_CASE_TEMPLATE("an optimizer assigned to itself is as it was", Rule, adamw_rule, centered, descent) {
    midway<Rule> m;
    const auto expected = solve<optimizer<Rule>>(m.p);
    auto& same = m.opt;
    m.opt = same;
    CHECK(m.opt.step_count() == 3);
    CHECK((finish(m.opt, m.w, m.p) == expected));
}

TEST_CASE("optimizers live in containers") {
    std::vector<optimizer<adamw_rule>> many;
    for (std::size_t i = 0; i < 20; ++i) many.emplace_back(i);
    const problem<float> p(13, 2);
    auto w = p.start;
    many[13].step(w, p.gradients[0]);
    many.reserve(1000);
    many.erase(many.begin());
    many[12].step(w, p.gradients[1]);
    CHECK((outcome_of<optimizer<adamw_rule>, float>(many[12], w) == solve<optimizer<adamw_rule>>(p)));
}

TEST_CASE_TEMPLATE("a reset optimizer starts anew, with the hyperparameters it has", Rule, adamw_rule, centered,
                   averaged) {
    midway<Rule> m;
    const auto expected = solve<optimizer<Rule>>(m.p);
    m.opt.reset();
    CHECK(m.opt.step_count() == 0);
    m.w = m.p.start;
    m.done = 0;
    m.go(6);
    CHECK((outcome_of<optimizer<Rule>, float>(m.opt, m.w) == expected));
}

TEST_CASE("a reset keeps hyperparameters, and a copy takes them along") {
    optimizer<adamw_rule> opt(3);
    opt[adamw_rule::lr] = 5;
    opt.reset();
    CHECK(opt.get("lr") == 5);
    const auto copy = opt;
    opt[adamw_rule::lr] = 6;
    CHECK(copy.get("lr") == 5);
}

TEST_CASE("steps are counted") {
    optimizer<descent> opt(1);
    std::vector<float> w{1}, g{1};
    CHECK(opt.step_count() == 0);
    for (int t = 1; t <= 5; ++t) {
        CHECK(opt.step(w, g));
        CHECK(opt.step_count() == t);
    }
}
