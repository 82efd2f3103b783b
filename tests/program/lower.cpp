#include <doctest/doctest.h>

#include <support/programs.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct equal_subexpressions {
    static constexpr auto update = (param + grad) * (param + grad) + (param + grad);
};
// param, grad, +, *, +.
static_assert(written<equal_subexpressions>.code.size() == 5);
static_assert(count_of(written<equal_subexpressions>, op::add) == 2);

struct equal_numbers {
    static constexpr auto update = 2 * param + 2.0 * grad + 2.0f;
};
static_assert(count_of(written<equal_numbers>, op::constant) == 1);

struct zeros {
    static constexpr auto update = param + 0.0 + -0.0;
};
static_assert(count_of(written<zeros>, op::constant) == 2, "zeros of both signs are two values");

struct order_matters {
    static constexpr auto update = (param - grad) + (grad - param) + param / grad + grad / param;
};
static_assert(count_of(written<order_matters>, op::subtract) == 2);
static_assert(count_of(written<order_matters>, op::divide) == 2);

/// A chain in which each value is used twice by the next.
struct chain {
    static constexpr auto a = let<"a">(param + param);
    static constexpr auto b = let<"b">(a + a);
    static constexpr auto c = let<"c">(b + b);
    static constexpr auto d = let<"d">(c + c);
    static constexpr auto e = let<"e">(d + d);
    static constexpr auto f = let<"f">(e + e);
    static constexpr auto g = let<"g">(f + f);
    static constexpr auto h = let<"h">(g + g);
    static constexpr auto update = h + h;
};
static_assert(written<chain>.code.size() == 10);
static_assert(written<chain>.names.size() == 8);

struct same_state_twice {
    static constexpr auto update = ema<"m">(grad, 0.9) + ema<"m">(grad, 0.9) * previous(ema<"m">(grad, 0.9));
};
static_assert(written<same_state_twice>.states.size() == 1);
static_assert(count_of(written<same_state_twice>, op::previous) == 1);

struct same_let_twice {
    static constexpr auto update = let<"x">(param * grad) + let<"x">(param * grad);
};
static_assert(written<same_let_twice>.error == mistake::none);
static_assert(written<same_let_twice>.names.size() == 1);

// Hyperparameters by name: one default, given once or more often.
struct hypers {
    static constexpr auto update = hyper<"lr">() * grad + hyper<"lr">(0.1) * param + hyper<"lr">() + hyper<"mu">(0.1);
};
static_assert(written<hypers>.hypers.size() == 2);
static_assert(count_of(written<hypers>, op::hyper) == 2);
static_assert(written<hypers>.hypers[0].default_value == 0.1);

struct two_inputs {
    static constexpr auto update = input<"a"> + input<"b"> * input<"a">;
};
static_assert(written<two_inputs>.inputs.size() == 2 && count_of(written<two_inputs>, op::input) == 2);

// Rates.
struct rates {
    static constexpr auto of_step = ema<"of_step">(hyper<"x">(1) * step, 0.9);
    static constexpr auto of_tensor = ema<"of_tensor">(norm(grad), 0.9);
    static constexpr auto of_element = ema<"of_element">(grad * of_step, 0.9);
    static constexpr auto raised_by_start = state<"raised_by_start">(param, [](auto old) { return old * 2; });
    static constexpr auto raised_by_itself = state<"raised_by_itself">(0, [](auto old) { return old + of_tensor; });
    static constexpr auto feeds = state<"feeds">(0, [](auto) { return previous(raised_by_start); });
    static constexpr auto counts = state<"counts">(0, [](auto old) { return old + count; });
    static constexpr auto update =
        with(param - of_element, of_tensor, raised_by_start, raised_by_itself, feeds, counts);
};
constexpr domain domain_of_state(std::string_view name) {
    for (const auto& s : written<rates>.states)
        if (s.name == name) return s.where;
    throw "no such state";
}
static_assert(domain_of_state("of_step") == domain::step);
static_assert(domain_of_state("of_tensor") == domain::tensor);
static_assert(domain_of_state("of_element") == domain::element);
static_assert(domain_of_state("raised_by_start") == domain::element);
static_assert(domain_of_state("raised_by_itself") == domain::tensor);
static_assert(domain_of_state("feeds") == domain::element);
static_assert(domain_of_state("counts") == domain::tensor);

// `updated` is the value of the update.
struct follows {
    static constexpr auto update = with(param - grad, ema<"average">(updated, 0.9));
};
static_assert(count_of(written<follows>, op::updated) == 0);
static_assert(count_of(written<follows>, op::subtract) == 2, "param - grad once, 1 - 0.9 once");

struct follows_one_step_late {
    static constexpr auto average = ema<"average">(updated, 0.9);
    static constexpr auto update = param - grad * previous(average);
};
static_assert(written<follows_one_step_late>.error == mistake::none);
static_assert(written<follows_one_step_late>.states.size() == 1);

static_assert(is_ssa(written<equal_subexpressions>) && is_ssa(written<chain>) && is_ssa(written<rates>) &&
              is_ssa(written<follows>) && is_ssa(written<follows_one_step_late>) && is_ssa(written<hypers>));

}  // namespace

TEST_CASE("equal subexpressions are one instruction, as the static_asserts above say") {
    CHECK(written<equal_subexpressions>.code.size() == 5);
}

TEST_CASE("a rule without mistakes has none") {
    constexpr complaint none{mistake::none, ""};
    CHECK(complaint_about(param - grad) == none);
    CHECK(complaint_about(let<"x">(param) + ema<"y">(grad, 0.9)) == none);
    CHECK(complaint_about(let<"x">(param) * let<"x">(param)) == none);
}

TEST_CASE("a name that is given to two values is a mistake about that name") {
    constexpr complaint twice{mistake::defined_twice, "x"};
    CHECK(complaint_about(let<"x">(param * grad) + let<"x">(param + 2 * grad - 1)) == twice);
    CHECK(complaint_about(let<"x">(param) + ema<"x">(grad, 0.9)) == twice);
    CHECK(complaint_about(ema<"x">(grad, 0.9) + ema<"x">(square(grad) * 3, 0.99)) == twice);
    CHECK(complaint_about(ema<"x">(grad, 0.9) + ema<"x">(grad, 0.9, 1)) == twice);
    CHECK(complaint_about(ema<"x">(grad, 0.9) + momentum<"x">(grad, 0.9)) == twice);
    // Definitions of one kind and size are found by the graph, which grows too small: no name is told.
    CHECK(complaint_about(let<"x">(param * grad) + let<"x">(param + grad)).what == mistake::defined_twice);
    CHECK(complaint_about(ema<"x">(grad, 0.9) + ema<"x">(param, 0.9)).what == mistake::defined_twice);
}

TEST_CASE("a hyperparameter needs one default") {
    CHECK(complaint_about(hyper<"x">(1) + hyper<"x">(2)) == complaint{mistake::two_defaults, "x"});
    CHECK(complaint_about(hyper<"x">() + hyper<"y">(2)) == complaint{mistake::no_default, "x"});
    CHECK(complaint_about(hyper<"x">() + hyper<"x">(2)).what == mistake::none);
}

TEST_CASE("an update that depends on its own result is a mistake") {
    constexpr complaint circular{mistake::updated_in_update, ""};
    CHECK(complaint_about(param - updated) == circular);
    CHECK(complaint_about(param - ema<"average">(updated, 0.9)) == circular);
    CHECK(complaint_about(param - previous(ema<"average">(updated, 0.9))).what == mistake::none);
}

TEST_CASE("an old value outside of its recurrence is a mistake about its name") {
    const detail::old_value<name<"x">> leaked;
    CHECK(complaint_about(param - leaked) == complaint{mistake::state_not_defined, "x"});
}

TEST_CASE("parts of a rule with replaced leaves stand beside each other") {
    const auto first = replace(exp(param * grad * 2 + sin(grad)), grad, param);
    const auto second = replace(log(param / grad / 3 - cos(grad)), grad, param);
    CHECK(complaint_about(first).what == mistake::none);
    CHECK(complaint_about(first - second).what == mistake::none);
}
