#include "compiled_rules.hpp"

#include <furl/optimizer.hpp>
#include <furl/zoo/adamw.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>
#include <support/rules.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

using values = std::vector<float>;

values copy(std::span<const float> x) { return {x.begin(), x.end()}; }

}  // namespace

TEST_CASE("an erased optimizer steps as the one it holds, to the bit") {
    optimizer<zoo::adamw> typed{20, 30};
    auto erased = compiled_rules().make("adamw", {{"lr", 0.05}}, {20, 30});
    typed[zoo::adamw::lr] = 0.05;
    std::vector<values> w{normal_values<float>(20, 1), normal_values<float>(30, 2)}, x = w;
    for (unsigned t = 0; t < 5; ++t) {
        const std::vector<values> g{normal_values<float>(20, 3 + t), normal_values<float>(30, 4 + t)};
        CHECK(typed.step(w, g));
        CHECK(erased.step(x, g));
    }
    CHECK(w == x);
    CHECK(erased.step_count() == 5);
    for (std::size_t i = 0; i < 2; ++i)
        for (auto name : {"m", "v"}) CHECK(copy(typed.state(name, i)) == copy(erased.state(name, i)));
}

TEST_CASE("any optimizer converts to an erased one, with its states") {
    optimizer<zoo::adamw> typed(10);
    auto w = normal_values<float>(10, 1), g = normal_values<float>(10, 2);
    typed.step(w, g);
    any_optimizer<float> erased = typed;
    CHECK(erased.step_count() == 1);
    CHECK(copy(erased.state("m")) == copy(typed.state(zoo::adamw::m)));
    auto x = w;
    typed.step(w, g);
    erased.step(x, g);
    CHECK(w == x);
}

TEST_CASE("tensors come as one, as lists of any kind, or in braces; inputs by name") {
    auto opt = compiled_rules().make("sophia_h", {}, {4, 5});
    std::vector<values> w(2), g(2), h(2);
    for (std::size_t i = 0; i < 2; ++i) w[i].assign(4 + i, 1), g[i].assign(4 + i, 2), h[i].assign(4 + i, 3);
    CHECK(opt.step(w, g, {{"hessian", h}}));
    CHECK(opt.step({w[0], w[1]}, {g[0], g[1]}, {{"hessian", h}}));
    CHECK(opt.step_count() == 2);

    auto one = compiled_rules().make("sophia_h", {}, 4);
    CHECK(one.step(w[0], g[0], {{"hessian", h[0]}}));
    CHECK(one.step(std::span(w[0]), std::span<const float>(g[0]), {{"hessian", std::span(h[0])}}));
    CHECK(message_of([&] { one.step(w[0], g[0]); }).find("input 'hessian' is missing") != std::string::npos);
    CHECK(message_of([&] { one.step(w[0], g[0], {{"hesian", h[0]}}); }).find("did you mean 'hessian'?") != std::string::npos);
    CHECK(message_of([&] { one.step(w[0], g[1], {{"hessian", h[0]}}); }).find("tensor 0: gradients have 5") != std::string::npos);
    CHECK(one.step_count() == 2);
}

TEST_CASE("a copy has states of its own") {
    auto opt = compiled_rules().make("adamw", {}, 3);
    values w(3, 1), g(3, 1);
    opt.step(w, g);
    auto other = opt;
    other.step(w, g);
    CHECK(other.step_count() == 2);
    CHECK(opt.step_count() == 1);
    CHECK(copy(opt.state("m")) != copy(other.state("m")));
    opt = other;
    CHECK(copy(opt.state("m")) == copy(other.state("m")));
    any_optimizer<float> taken = std::move(other);
    CHECK(taken.step_count() == 2);
    CHECK(!any_optimizer<float>());
}

TEST_CASE("hyperparameters are read, written and gone through by name") {
    auto opt = compiled_rules().make("adamw", {}, 3);
    opt["lr"] = 0.5;
    opt.set("eps", 1e-6);
    CHECK(opt.get("lr") == 0.5);
    std::vector<std::string> seen;
    for (const auto& [name, value] : opt.settings()) {
        seen.emplace_back(name);
        CHECK(value == opt.get(name));
    }
    CHECK(seen.size() == opt.hyperparameters().size());
    CHECK(message_of([&] { opt["lrr"] = 1; }).find("did you mean 'lr'?") != std::string::npos);
    CHECK(message_of([&] { opt.get("beta"); }).find("did you mean 'beta1'?") != std::string::npos);
}

TEST_CASE("states of each domain are found by name; a wrong name or tensor is answered") {
    auto opt = compiled_rules().make("mine", {}, {4, 5});
    std::vector<values> w{values(4, 1), values(5, 1)}, g{values(4, 2), values(5, 3)}, h = g;
    opt.step(w, g, {{"hessian", h}});
    CHECK(opt.state("m", 1).size() == 5);
    CHECK(opt.scalar_state("size", 1) == doctest::Approx(0.1 * 3 * std::sqrt(5.0)));
    CHECK(opt.scalar_state("ticks", 0) == 1);
    CHECK(&opt.scalar_state("ticks", 0) == &opt.scalar_state("ticks", 1));
    CHECK(message_of([&] { opt.state("m"); }).find("2 tensors; say which") != std::string::npos);
    CHECK(message_of([&] { opt.state("m", 2); }).find("no tensor 2") != std::string::npos);
    CHECK(message_of([&] { opt.state("size", 0); }).find("has: m") != std::string::npos);
    CHECK(message_of([&] { opt.scalar_state("tick", 0); }).find("did you mean 'ticks'?") != std::string::npos);
    opt.reset();
    CHECK(opt.step_count() == 0);
    CHECK(opt.scalar_state("ticks", 0) == 0);
}

TEST_CASE("a step that is skipped returns false and counts for nothing") {
    auto opt = compiled_rules().make("mine", {}, 4);
    values w(4, 1), g(4, std::numeric_limits<float>::quiet_NaN()), h(4, 1);
    const auto before = w;
    CHECK(!opt.step(w, g, {{"hessian", h}}));
    CHECK(w == before);
    CHECK(opt.step_count() == 0);
}

TEST_CASE("policies are part of the rule in the list") {
    auto written = compiled_rules_in_double().make("adamw_as_written", {}, 100);
    optimizer<zoo::adamw, double, strict> typed(100);
    auto w = normal_values<double>(100, 1), x = w;
    const auto g = normal_values<double>(100, 2);
    written.step(w, g);
    typed.step(x, g);
    CHECK(w == x);
}
