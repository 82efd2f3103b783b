#include <doctest/doctest.h>

#include <support/programs.hpp>

#include <algorithm>

using namespace furl;
using namespace furl::tests;

namespace {

template <auto Update>
struct rule {
    static constexpr auto update = Update();
};

template <auto Update>
using plan_of = plan<rule<Update>, contracted>;

template <auto Update>
constexpr std::size_t passes = plan_of<Update>::order.passes;

constexpr auto one = [] { return param - hyper<"lr">(0.1) * grad; };
static_assert(passes<one> == 1);

constexpr auto clip = [] { return param - min(1, hyper<"max_norm">(1) / norm(grad)) * grad; };
static_assert(passes<clip> == 2);
static_assert(plan_of<clip>::order.reductions.size() == 1);
// The first pass reads the gradient alone; the last one reads both.
static_assert(!plan_of<clip>::reads(0, 0) && plan_of<clip>::reads(0, 1));
static_assert(plan_of<clip>::reads(1, 0) && plan_of<clip>::reads(1, 1));

constexpr auto several_in_one = [] { return param - grad * norm(grad) * sum(param) * max_abs(grad); };
static_assert(passes<several_in_one> == 2, "reductions that do not wait for each other share a pass");
static_assert(plan_of<several_in_one>::order.reductions.size() == 3);

constexpr auto nested = [] { return param - grad * norm(grad - mean(grad)); };
static_assert(passes<nested> == 3);
constexpr auto deeper = [] { return param - grad * norm(grad - norm(grad - mean(grad))); };
static_assert(passes<deeper> == 4);

// A reduction that only a state wants still gets its pass, and its value.
constexpr auto for_a_state = [] { return with(param - grad, ema<"size">(norm(grad), 0.9)); };
static_assert(passes<for_a_state> == 2);

// Over what is the same for all elements there is nothing to wait for.
constexpr auto no_loop = [] { return param - grad * sum(step); };
static_assert(passes<no_loop> == 1);

// A pass computes what it needs and no more, operands first.
constexpr auto lamb = [] {
    const auto m = ema<"m">(grad, 0.9);
    const auto direction = let<"direction">(m / (sqrt(ema<"v">(square(grad), 0.99)) + 1e-6));
    return param - norm(param) / norm(direction) * direction;
};
using lamb_plan = plan_of<lamb>;
static_assert(passes<lamb> == 2);
template <class Plan>
constexpr bool ordered = [] {
    for (std::size_t pass = 0; pass < Plan::order.passes; ++pass) {
        const auto& list = Plan::order.elements[pass];
        if (!std::is_sorted(list.begin(), list.end())) return false;
        for (auto i : list)
            for (auto operand : Plan::program[i].operands) {
                if (operand < 0) continue;
                const auto& place = Plan::program.is_element(operand) ? list : Plan::order.uniforms[pass];
                if (std::find(place.begin(), place.end(), operand) == place.end()) return false;
                if (Plan::order.level[operand] > static_cast<int>(pass)) return false;
            }
    }
    return true;
}();
static_assert(ordered<lamb_plan> && ordered<plan_of<deeper>> && ordered<plan_of<clip>>);

// Only the last pass stores: the value of every stream that is written is known there, and no earlier.
template <class Plan>
constexpr bool last_pass_writes = [] {
    const auto& last = Plan::order.elements[Plan::order.passes - 1];
    for (const auto& s : Plan::streams)
        if (s.store >= 0 && Plan::program.is_element(s.store) &&
            std::find(last.begin(), last.end(), s.store) == last.end())
            return false;
    return true;
}();
static_assert(last_pass_writes<lamb_plan> && last_pass_writes<plan_of<clip>>);

// Streams: parameters, gradients, inputs, states; what is not read has no load, what is not written no store.
constexpr auto streams = [] { return with(input<"x"> + 0.5 * ema<"m">(grad, 0.9), delay<"old">(param)); };
using stream_plan = plan_of<streams>;
static_assert(stream_plan::streams.size() == 5 && stream_plan::first_state == 3);
static_assert(stream_plan::streams[3].load >= 0 && stream_plan::streams[3].store >= 0);
static_assert(stream_plan::streams[4].load < 0 && stream_plan::streams[4].store >= 0, "the old parameter is only kept");
static_assert(stream_plan::streams[0].store >= 0 && stream_plan::streams[1].store < 0 &&
              stream_plan::streams[2].store < 0);

}  // namespace

TEST_CASE("a rule has as few passes as it needs, as the static_asserts above say") { CHECK(passes<clip> == 2); }
