#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>

#include <support/paths.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

// What modifiers of an update leave alone, and which rules they make of others: equalities to the bit.
using namespace furl;
using namespace furl::tests;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using inner = zoo::adam;

constexpr auto other = param - 0.01 * momentum<"b">(grad, 0.9);

template <auto Make>
struct modified {
    static constexpr auto update = Make();
};

template <auto Make>
auto path_of(const std::vector<tensors<float>>& history) {
    return path<modified<Make>>(history);
}

}  // namespace

TEST_CASE("a weight decay of 0 is not there, to the bit") {
    const auto history = gradient_history<float>(20);
    const auto bare = path<inner>(history);
    CHECK(path_of<[] { return coupled_weight_decay(inner::update, 0.0); }>(history) == bare);
    CHECK(path_of<[] { return decoupled_weight_decay(inner::update, inner::lr, 0.0); }>(history) == bare);
    CHECK(path_of<[] { return independent_weight_decay(inner::update, 0.0); }>(history) == bare);
    CHECK(path_of<[] { return cautious_weight_decay(inner::update, inner::lr, 0.0); }>(history) == bare);
    CHECK(path_of<[] { return proximal_weight_decay(inner::update, inner::lr, 0.0); }>(history) == bare);
}

TEST_CASE("decoupled weight decay makes AdamW of Adam, to the bit") {
    const auto history = gradient_history<float>(20);
    constexpr auto make = [] { return decoupled_weight_decay(inner::update, inner::lr, hyper<"weight_decay">(1e-2)); };
    CHECK(path_of<make>(history) == path<zoo::adamw>(history));
}

TEST_CASE("maximize on the negative gradient is the rule, to the bit") {
    const auto history = gradient_history<float>(20);
    auto turned = history;
    for (auto& step_gradients : turned)
        for (auto& tensor : step_gradients)
            for (auto& g : tensor) g = -g;
    CHECK(path_of<[] { return maximize(inner::update); }>(turned) == path<inner>(history));
}

TEST_CASE("averages of the weights, and a guard that holds, leave the rule alone, to the bit") {
    const auto history = gradient_history<float>(20);
    const auto bare = path<inner>(history);
    CHECK(path_of<[] { return weight_ema(swa(inner::update, 3), 0.9); }>(history) == bare);
    CHECK(path_of<[] { return skip_nonfinite(inner::update); }>(history) == bare);
}

TEST_CASE("lookahead that synchronizes each step, all the way, is its rule to an ULP; that never does, to the bit") {
    const auto history = gradient_history<float>(20);
    const auto bare = path<inner>(history);
    CHECK(distance_in_ulps(path_of<[] { return lookahead(inner::update, 1, 1.0); }>(history), bare) <= 1);
    CHECK(path_of<[] { return lookahead(inner::update, 1000, 1.0); }>(history) == bare);
}

TEST_CASE("accumulating one gradient is the rule, to the bit") {
    const auto history = gradient_history<float>(20);
    CHECK(path_of<[] { return accumulate_gradients(inner::update, 1); }>(history) == path<inner>(history));
}

TEST_CASE("a switch at 0, or never, is one of the two rules, to the bit") {
    const auto history = gradient_history<float>(20);
    const auto bare = path<inner>(history);
    CHECK(path_of<[] { return switch_at(infinity, inner::update, other); }>(history) == bare);
    CHECK(path_of<[] { return switch_at(0, other, inner::update); }>(history) == bare);
}

TEST_CASE("a blend of weight 0 is the first rule, to the bit, and of weight 1 the second, to an ULP") {
    const auto history = gradient_history<float>(20);
    const auto bare = path<inner>(history);
    CHECK(path_of<[] { return blend(0, inner::update, other); }>(history) == bare);
    CHECK(distance_in_ulps(path_of<[] { return blend(1, other, inner::update); }>(history), bare) <= 20);
    CHECK(path_of<[] { return blend(0.3, inner::update, inner::update); }>(history) == bare);
}
